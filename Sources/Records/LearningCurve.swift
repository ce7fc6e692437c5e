import HDF5
import Support

/// `curve.h5`: evaluations, episodes and update statistics, growing while others read (HDF5 SWMR).
///
/// In each group `step` is extended last, so that a reader who trusts its length finds the other datasets at least as long.
public final class LearningCurve {
  /// What the file has columns for; fixed when it is created.
  public struct Layout: Sendable, Equatable {
    /// Episodes per evaluation.
    public var evaluationEpisodes: Int
    /// Names of the scalars in `/update`.
    public var updateScalars: [String]
    /// Whether safety costs are recorded.
    public var storesCosts: Bool

    /// Columns for so many episodes and these scalars.
    public init(evaluationEpisodes: Int, updateScalars: [String], storesCosts: Bool) {
      self.evaluationEpisodes = evaluationEpisodes
      self.updateScalars = updateScalars
      self.storesCosts = storesCosts
    }
  }

  /// Rows of each group.
  public struct RowCounts: Sendable, Equatable {
    /// Of `/evaluation`.
    public var evaluation = 0
    /// Of `/episode`.
    public var episode = 0
    /// Of `/update`.
    public var update = 0

    /// None unless told otherwise.
    public init(evaluation: Int = 0, episode: Int = 0, update: Int = 0) {
      self.evaluation = evaluation
      self.episode = episode
      self.update = update
    }
  }

  private let file: HDF5File
  private let tables: [Table]
  /// Appended so far, by earlier processes included.
  public private(set) var rowCounts = RowCounts()

  private var evaluation: Table { tables[0] }
  private var episode: Table { tables[1] }
  private var update: Table { tables[2] }

  /// A new file, replacing any old one.
  /// - Parameter attributes: written into the file before readers may open it; SWMR allows none later.
  /// - Throws: `HDF5Error`.
  public static func create(
    at path: String, layout: Layout, attributes: (HDF5File) throws -> Void
  ) throws -> LearningCurve {
    try create(at: path, layout: layout, attributes: attributes) { _ in }
  }

  /// The same file with only the given numbers of rows, ready to grow. It is written anew and renamed: what a killed writer left
  /// half-done never has to be repaired in place.
  /// - Parameter verify: looks whether the old file is this run's.
  /// - Throws: `HDF5Error`, also when the old file has fewer rows; ``WrongFormatVersion``; what `verify` throws.
  public static func resume(
    at path: String, rows: RowCounts, layout: Layout, attributes: (HDF5File) throws -> Void,
    verify: (HDF5File) throws -> Void = { _ in }
  ) throws -> LearningCurve {
    let old = try HDF5File.open(at: path, mode: .readOnlyAfterWriter)
    try old.requireFormatVersion(formatVersion)
    try verify(old)
    let curve = try create(at: path, layout: layout, attributes: attributes) { new in
      for (table, count) in zip(new.tables, [rows.evaluation, rows.episode, rows.update]) {
        try table.copyRows(count, from: old, mayLack: table === new.update)
      }
      new.rowCounts = rows
    }
    return curve
  }

  private static func create(
    at path: String, layout: Layout, attributes: (HDF5File) throws -> Void, fill: (LearningCurve) throws -> Void
  ) throws -> LearningCurve {
    var rows = RowCounts()
    try HDF5File.replace(at: path) { file in
      try attributes(file)
      try file.setFormatVersion(formatVersion)
      let curve = try LearningCurve(file, tables: Self.columns(layout).map { try Table(creating: $0, in: file) })
      try fill(curve)
      rows = curve.rowCounts
    }
    // The run's directory is locked; readers come and go.
    let file = try HDF5File.open(at: path, mode: .swmrWrite.withoutLock)
    let curve = try LearningCurve(file, tables: Self.columns(layout).map { try Table(opening: $0, in: file) })
    curve.rowCounts = rows
    return curve
  }

  private init(_ file: HDF5File, tables: [Table]) throws {
    self.file = file
    self.tables = tables
  }

  /// The layout's number, the attribute `format_version`: files of another are refused.
  public static let formatVersion = 1

  /// - Parameters:
  ///   - step: environment steps taken.
  ///   - returns, lengths: of each episode.
  ///   - costs, discountedCosts: of each episode; ignored where costs are not recorded.
  public func appendEvaluation(
    step: Int, returns: [Double], lengths: [Int], costs: [Double] = [], discountedCosts: [Double] = [], wallSeconds: Double
  ) throws {
    let summary = Statistics(returns)
    var values = [
      "return_mean": [summary.mean], "return_std": [summary.standardDeviation],
      "length_mean": [Statistics(lengths.map(Double.init)).mean], "returns": returns, "wall_seconds": [wallSeconds],
    ]
    if evaluation.has("cost_mean") {
      values["cost_mean"] = [Statistics(costs).mean]
      values["discounted_cost_mean"] = [Statistics(discountedCosts).mean]
    }
    try evaluation.append(step: step, values)
    rowCounts.evaluation += 1
  }

  /// A finished training episode.
  public func appendEpisode(
    step: Int, return episodeReturn: Double, length: Int, cost: Double = 0, discountedCost: Double = 0
  ) throws {
    var values = ["return": [episodeReturn], "length": [Double(length)]]
    if episode.has("cost") {
      values["cost"] = [cost]
      values["discounted_cost"] = [discountedCost]
    }
    try episode.append(step: step, values)
    rowCounts.episode += 1
  }

  /// - Parameter values: one for each of the layout's scalars.
  public func appendUpdate(step: Int, _ values: [String: Double]) throws {
    try update.append(step: step, values.mapValues { [$0] })
    rowCounts.update += 1
  }

  /// Makes everything appended visible to readers.
  public func flush() throws {
    for table in tables { try table.flush() }
    try file.flush()
  }

  /// Flushes to the disk itself: what a checkpoint counts must survive a power cut.
  public func synchronize() throws {
    try flush()
    try file.synchronize()
  }

  /// Closes the file, so that readers need not know of SWMR any more.
  /// - Throws: `HDF5Error`.
  public func close() throws { try file.close() }

  private static func columns(_ layout: Layout) -> [Table.Columns] {
    let costs = layout.storesCosts
    return [
      Table.Columns(
        group: "evaluation",
        scalars: ["return_mean", "return_std", "length_mean", "wall_seconds"]
          + (costs ? ["cost_mean", "discounted_cost_mean"] : []),
        rows: ["returns": layout.evaluationEpisodes], chunkRows: 64),
      Table.Columns(
        group: "episode", scalars: ["return", "length"] + (costs ? ["cost", "discounted_cost"] : []), chunkRows: 256),
      Table.Columns(group: "update", scalars: layout.updateScalars, chunkRows: 256),
    ]
  }
}

/// Datasets of equal length: float64 columns and an int64 `step`.
private final class Table {
  struct Columns {
    var group: String
    var scalars: [String]
    /// Columns with several values per row, and how many.
    var rows: [String: Int] = [:]
    var chunkRows: Int

    var shapes: [String: [Int?]] { rows.mapValues { [nil, $0] } }
  }

  private let group: String
  private let step: Dataset
  private let columns: [(name: String, dataset: Dataset)]
  /// Shapes of those columns that have several values per row; `nil` stands for the rows.
  private let shapes: [String: [Int?]]

  init(creating layout: Columns, in file: HDF5File) throws {
    let group = try file.createGroup(layout.group)
    self.group = layout.group
    shapes = layout.shapes
    columns =
      try layout.scalars.map { ($0, try group.createDataset($0, of: Double.self, chunkRows: layout.chunkRows)) }
      + layout.rows.sorted { $0.key < $1.key }.map { name, width in
        (name, try group.createDataset(name, of: Double.self, rowShape: [width], chunkRows: layout.chunkRows))
      }
    step = try group.createDataset("step", of: Int64.self, chunkRows: layout.chunkRows)
  }

  init(opening layout: Columns, in file: HDF5File) throws {
    let group = try file.group(layout.group)
    self.group = layout.group
    shapes = layout.shapes
    columns =
      try layout.scalars.map { ($0, try group.dataset($0, of: Double.self, shape: [nil])) }
      + layout.rows.sorted { $0.key < $1.key }.map { name, width in
        (name, try group.dataset(name, of: Double.self, shape: [nil, width]))
      }
    step = try group.dataset("step", of: Int64.self, shape: [nil])
  }

  func has(_ name: String) -> Bool { columns.contains { $0.name == name } }

  func append(step number: Int, _ values: [String: [Double]]) throws {
    for (name, dataset) in columns { try dataset.append(values[name] ?? [.nan]) }
    try step.append(Int64(number))
  }

  /// - Parameter mayLack: whether a column that the file has not is NaN: a scalar that was not logged when the file was begun.
  func copyRows(_ count: Int, from file: HDF5File, mayLack: Bool) throws {
    let present = Set(try file.group(group).childNames)
    for (name, dataset) in columns {
      if mayLack && !present.contains(name) {
        try dataset.append([Double](repeating: .nan, count: count))
        continue
      }
      let old = try file.dataset(dataset.path, of: Double.self, shape: shapes[name] ?? [nil])
      try old.requireStored(rows: count)
      try dataset.append(try old.read(rows: 0..<count, as: Double.self))
    }
    let oldSteps = try file.dataset(step.path, of: Int64.self, shape: [nil])
    try oldSteps.requireStored(rows: count)
    let steps: [Int64] = try oldSteps.read(rows: 0..<count)
    try step.append(steps)
  }

  func flush() throws {
    for (_, dataset) in columns { try dataset.flush() }
    try step.flush()
  }
}
