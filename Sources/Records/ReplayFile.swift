import Experience
import HDF5

/// `replay.h5`: a run's whole history under D4RL's names, row = environment step, extended at each checkpoint and readable meanwhile.
public final class ReplayFile {
  private let file: HDF5File
  private let datasets: Datasets
  /// Of each of `/infos`, what is not written yet.
  private var noted: [[Double]]
  /// Steps written.
  public private(set) var rowCount: Int

  private struct Datasets {
    var observations: Dataset
    var actions: Dataset
    var rewards: Dataset
    var terminals: Dataset
    var timeouts: Dataset
    var nextObservations: Dataset
    var costs: Dataset?
    var infos: [Dataset]

    init(in file: HDF5File, observationSize: Int, actionSize: Int, storesCosts: Bool, infos: [(name: String, width: Int)]) throws {
      observations = try file.dataset("observations", of: Float.self, shape: [nil, observationSize])
      actions = try file.dataset("actions", of: Float.self, shape: [nil, actionSize])
      rewards = try file.dataset("rewards", of: Float.self, shape: [nil])
      terminals = try file.dataset("terminals", of: Bool.self, shape: [nil])
      timeouts = try file.dataset("timeouts", of: Bool.self, shape: [nil])
      nextObservations = try file.dataset("next_observations", of: Float.self, shape: [nil, observationSize])
      costs = storesCosts ? try file.dataset("costs", of: Float.self, shape: [nil]) : nil
      let group = infos.isEmpty ? nil : try file.group("infos")
      self.infos = try infos.compactMap { try group?.dataset($0.name, of: Double.self, shape: [nil, $0.width]) }
    }

    var all: [Dataset] {
      [observations, actions, rewards, terminals, timeouts, nextObservations] + (costs.map { [$0] } ?? []) + infos
    }
  }

  /// A new file, replacing any old one.
  /// - Parameters:
  ///   - infos: what else of the state before each step is recorded under `/infos`, float64, by name and width: see ``note(_:)``.
  ///   - attributes: written into the file before readers may open it; SWMR allows none later.
  public static func create(
    at path: String, observationSize: Int, actionSize: Int, storesCosts: Bool, infos: [(name: String, width: Int)] = [],
    attributes: (HDF5File) throws -> Void
  ) throws -> ReplayFile {
    try HDF5File.replace(at: path) { file in
      try attributes(file)
      try file.setFormatVersion(formatVersion)
      // Chunks of about 128 KiB: large enough to be written well, small enough for HDF5's cache.
      func create<Element: HDF5Element>(_ name: String, of type: Element.Type, row: [Int] = []) throws {
        let bytes = row.reduce(MemoryLayout<Element>.size, *)
        _ = try file.createDataset(name, of: type, rowShape: row, chunkRows: max(1, 131_072 / bytes))
      }
      try create("observations", of: Float.self, row: [observationSize])
      try create("actions", of: Float.self, row: [actionSize])
      try create("rewards", of: Float.self)
      try create("terminals", of: Bool.self)
      try create("timeouts", of: Bool.self)
      try create("next_observations", of: Float.self, row: [observationSize])
      if storesCosts { try create("costs", of: Float.self) }
      if !infos.isEmpty {
        let group = try file.createGroup("infos")
        for (name, width) in infos {
          _ = try group.createDataset(name, of: Double.self, rowShape: [width], chunkRows: max(1, 131_072 / (8 * width)))
        }
      }
    }
    // The run's directory is locked; readers come and go.
    let file = try HDF5File.open(at: path, mode: .swmrWrite.withoutLock)
    let datasets = try Datasets(
      in: file, observationSize: observationSize, actionSize: actionSize, storesCosts: storesCosts, infos: infos)
    return ReplayFile(file, datasets, rowCount: 0)
  }

  /// The layout's number, the attribute `format_version`: files of another are refused.
  public static let formatVersion = 1

  /// The file of a run to be continued: rows beyond `rows` are dropped, and the newest are loaded into `buffer`.
  /// - Parameters:
  ///   - endsMidEpisode: whether the newest of the rows is not its episode's last, whatever a process that cut the episode, and
  ///     ended before a checkpoint counted that, left in the file.
  ///   - verify: looks whether the file is this run's, before anything is changed.
  /// - Throws: `HDF5Error`, also when the file has fewer rows or other sizes; ``WrongFormatVersion``; what `verify` throws.
  public static func resume(
    at path: String, rows: Int, endsMidEpisode: Bool = false, infos: [(name: String, width: Int)] = [],
    into buffer: ReplayBuffer, verify: (HDF5File) throws -> Void = { _ in }
  ) throws -> ReplayFile {
    let file = try HDF5File.open(at: path, mode: .readWrite(recovering: true).withoutLock)
    try file.requireFormatVersion(formatVersion)
    try verify(file)
    let datasets = try Datasets(
      in: file, observationSize: buffer.observationSize, actionSize: buffer.actionSize, storesCosts: buffer.storesCosts,
      infos: infos)
    for dataset in datasets.all {
      try dataset.requirePlausibleShape(unstoredBytes: 1 << 26)
      try dataset.requireStored(rows: rows)
    }
    for dataset in datasets.all where try dataset.rowCount != rows { try dataset.setRowCount(rows) }
    if endsMidEpisode, rows > 0, try datasets.timeouts.read(rows: rows - 1..<rows, as: Bool.self) == [true] {
      try datasets.timeouts.set(false, row: rows - 1)
    }
    try file.flush()
    let replay = ReplayFile(file, datasets, rowCount: rows)
    try replay.load(into: buffer)
    try file.startSWMRWrite()
    return replay
  }

  private init(_ file: HDF5File, _ datasets: Datasets, rowCount: Int) {
    self.file = file
    self.datasets = datasets
    self.rowCount = rowCount
    noted = Array(repeating: [], count: datasets.infos.count)
  }

  /// Notes the state before the step that comes next, to be written with it.
  /// - Parameter values: one list per name of `infos`.
  public func note(_ values: [[Double]]) {
    for (index, value) in values.enumerated() { noted[index] += value }
  }

  /// Says of the newest row that its episode was abandoned there.
  public func cutNewest() throws {
    try datasets.timeouts.set(true, row: rowCount - 1)
    try datasets.timeouts.flush()
  }

  /// Appends the buffer's steps that are not written yet, and makes them visible to readers.
  public func append(newStepsOf buffer: ReplayBuffer) throws {
    var block = Block()
    try buffer.forEachStep(from: rowCount) { step in
      block.append(step)
      if block.count == Self.blockRows { try write(&block) }
    }
    try write(&block)
    for (index, dataset) in datasets.infos.enumerated() {
      try dataset.append(noted[index])
      noted[index].removeAll(keepingCapacity: true)
    }
    for dataset in datasets.all { try dataset.flush() }
    try file.flush()
  }

  /// Flushes to the disk itself: what a checkpoint counts must survive a power cut.
  public func synchronize() throws { try file.synchronize() }

  /// Closes the file, so that readers need not know of SWMR any more.
  /// - Throws: `HDF5Error`.
  public func close() throws { try file.close() }

  private static let blockRows = 1024

  /// Steps gathered for one write per dataset.
  private struct Block {
    var observations: [Float] = []
    var actions: [Float] = []
    var rewards: [Float] = []
    var costs: [Float] = []
    var terminals: [Bool] = []
    var timeouts: [Bool] = []
    var nextObservations: [Float] = []
    var count: Int { rewards.count }

    mutating func append(_ step: StoredStep) {
      observations.append(contentsOf: step.observation)
      actions.append(contentsOf: step.action)
      rewards.append(step.reward)
      costs.append(step.cost)
      terminals.append(step.terminal)
      timeouts.append(step.timeout)
      nextObservations.append(contentsOf: step.nextObservation)
    }
  }

  private func write(_ block: inout Block) throws {
    if block.count == 0 { return }
    try datasets.observations.append(block.observations)
    try datasets.actions.append(block.actions)
    try datasets.rewards.append(block.rewards)
    try datasets.terminals.append(block.terminals)
    try datasets.timeouts.append(block.timeouts)
    try datasets.nextObservations.append(block.nextObservations)
    try datasets.costs?.append(block.costs)
    rowCount += block.count
    block = Block()
  }

  private func load(into buffer: ReplayBuffer) throws {
    let n = buffer.observationSize
    let d = buffer.actionSize
    let first = max(0, rowCount - buffer.capacity)
    buffer.beginReload(at: first)
    for start in stride(from: first, to: rowCount, by: Self.blockRows) {
      let rows = start..<min(start + Self.blockRows, rowCount)
      let observations: [Float] = try datasets.observations.read(rows: rows)
      let actions: [Float] = try datasets.actions.read(rows: rows)
      let rewards: [Float] = try datasets.rewards.read(rows: rows)
      let terminals: [Bool] = try datasets.terminals.read(rows: rows)
      let timeouts: [Bool] = try datasets.timeouts.read(rows: rows)
      let next: [Float] = try datasets.nextObservations.read(rows: rows)
      let costs: [Float] = try datasets.costs?.read(rows: rows) ?? []
      observations.withUnsafeBufferPointer { observations in
        actions.withUnsafeBufferPointer { actions in
          next.withUnsafeBufferPointer { next in
            for row in 0..<rows.count {
              buffer.reload(
                StoredStep(
                  observation: UnsafeBufferPointer(rebasing: observations[row * n..<(row + 1) * n]),
                  action: UnsafeBufferPointer(rebasing: actions[row * d..<(row + 1) * d]),
                  nextObservation: UnsafeBufferPointer(rebasing: next[row * n..<(row + 1) * n]),
                  reward: rewards[row], cost: costs.isEmpty ? 0 : costs[row], terminal: terminals[row],
                  timeout: timeouts[row]))
            }
          }
        }
      }
    }
  }
}
