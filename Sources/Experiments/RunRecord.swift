import Foundation
import HDF5
import Records
import Yams

/// What a run's files say of it, also while they grow: one row of the list of runs.
public struct RunRecord: Sendable, Equatable, Encodable {
  /// How far a run is.
  public enum State: String, Sendable, Encodable {
    /// All steps are taken.
    case finished
    /// A process is at work.
    case running
    /// No process is at work; the same command goes on.
    case stopped
    /// Its files cannot be read.
    case damaged
  }

  /// Of the run's directory.
  public var path: String
  /// The folders between the one that was asked for and the environment's: a plan's name. Empty where there are none.
  public var plan: String
  /// Full name.
  public var environment: String
  /// The name that the run began from.
  public var algorithm: String
  /// Empty where the algorithm ran as it is.
  public var variant: String
  /// Of its random streams.
  public var seed: Int
  /// Environment steps taken; a run that is at work may be a few further.
  public var step: Int
  /// Steps asked for.
  public var steps: Int
  /// How far it is.
  public var state: State
  /// Mean return of the last evaluation and of the best one.
  public var lastReturn: Double?
  public var bestReturn: Double?
  /// Of the training loop alone, over the last row of `/update`.
  public var stepsPerSecond: Double?
  /// Until all steps are taken, at that speed, of a run that is at work.
  public var secondsLeft: Double?
  /// Why it is damaged.
  public var problem: String?

  enum CodingKeys: String, CodingKey {
    case path, plan, environment, algorithm, variant, seed, step, steps, state, problem
    case lastReturn = "last_return", bestReturn = "best_return", stepsPerSecond = "steps_per_second", secondsLeft = "seconds_left"
  }

  /// With every key, `null` where there is nothing to tell: readers of tables want columns.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(path, forKey: .path)
    try container.encode(plan, forKey: .plan)
    try container.encode(environment, forKey: .environment)
    try container.encode(algorithm, forKey: .algorithm)
    try container.encode(variant, forKey: .variant)
    try container.encode(seed, forKey: .seed)
    try container.encode(step, forKey: .step)
    try container.encode(steps, forKey: .steps)
    try container.encode(state, forKey: .state)
    try container.encode(lastReturn, forKey: .lastReturn)
    try container.encode(bestReturn, forKey: .bestReturn)
    try container.encode(stepsPerSecond, forKey: .stepsPerSecond)
    try container.encode(secondsLeft, forKey: .secondsLeft)
    try container.encode(problem, forKey: .problem)
  }

  /// A row by what it says.
  package init(
    plan: String = "", environment: String, algorithm: String, variant: String = "", seed: Int = 0, step: Int, steps: Int, state: State,
    lastReturn: Double? = nil, bestReturn: Double? = nil, stepsPerSecond: Double? = nil, secondsLeft: Double? = nil
  ) {
    (path, self.plan, self.environment, self.algorithm, self.variant) = ("", plan, environment, algorithm, variant)
    (self.seed, self.step, self.steps, self.state) = (seed, step, steps, state)
    (self.lastReturn, self.bestReturn, self.stepsPerSecond, self.secondsLeft) = (lastReturn, bestReturn, stepsPerSecond, secondsLeft)
  }

  /// - Parameters:
  ///   - directory: of the run.
  ///   - root: the folder that was asked for.
  /// - Returns: `nil` where no run has begun.
  public init?(reading directory: RunDirectory, below root: String = "") {
    let files = [directory.curve, directory.checkpoint]
    guard files.contains(where: { FileManager.default.fileExists(atPath: $0) }) else { return nil }
    let names = FolderNames(directory.path, below: root)
    path = directory.path
    plan = names.plan
    environment = names.environment
    algorithm = names.algorithm
    variant = names.variant
    seed = names.seed
    (step, steps, state) = (0, 0, .stopped)
    let isHeld = Self.isHeld(directory)
    do {
      try read(directory, isHeld: isHeld)
    } catch {
      state = .damaged
      problem = "\(error)"
    }
  }

  /// Every run below a folder, by plan, environment, algorithm, variant and seed.
  public static func all(below root: String) -> [RunRecord] {
    var records: [RunRecord] = []
    visit(root, depth: 0) { folder in
      if let record = RunRecord(reading: RunDirectory(path: folder), below: root) { records.append(record) }
    }
    return records.sorted {
      ($0.plan, $0.environment, $0.algorithm, $0.variant, $0.seed) < ($1.plan, $1.environment, $1.algorithm, $1.variant, $1.seed)
    }
  }

  private static func visit(_ folder: String, depth: Int, _ look: (String) -> Void) {
    look(folder)
    // Deep enough for plans within plans; a link that leads back must end somewhere.
    guard depth < 8, let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return }
    for name in names.sorted()
    where !name.hasPrefix(".") && !name.contains(".h5") && !name.contains(RunDirectory.keptMark) && name != "config.yaml" {
      var isFolder: ObjCBool = false
      let path = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
      if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue { visit(path, depth: depth + 1, look) }
    }
  }

  private static func isHeld(_ directory: RunDirectory) -> Bool {
    switch RunHolder.of(directory) {
    case .process: return true
    case nil: return false
    case .elsewhere:
      // Its host's locks cannot be seen from here; what it writes can.
      var status = stat()
      guard stat(directory.curve, &status) == 0 else { return false }
      return Date().timeIntervalSince1970 - Double(status.st_mtim.tv_sec) < silence
    }
  }

  /// Seconds without a row in the curves after which a run of another machine counts as stopped: a thousand steps of the slowest agent.
  private static let silence = 900.0

  private mutating func read(_ directory: RunDirectory, isHeld: Bool) throws {
    var saved: Int?
    if FileManager.default.fileExists(atPath: directory.checkpoint) {
      let file = try HDF5File.open(at: directory.checkpoint, mode: .readOnlyAfterWriter)
      saved = try file.group("progress").attribute("step")
      take(configuration: try file.attribute("configuration"))
    }
    step = saved ?? 0
    if FileManager.default.fileExists(atPath: directory.curve) {
      let file = try HDF5File.open(at: directory.curve, mode: isHeld ? .readOnly(swmr: true) : .readOnlyAfterWriter)
      take(configuration: try file.attribute("configuration"))
      environment = try file.attribute("environment")
      algorithm = try file.attribute("algorithm")
      seed = try file.attribute("seed")
      try read(curve: file, saved: isHeld ? .max : saved ?? 0)
    }
    if isHeld {
      state = .running
      if let stepsPerSecond, stepsPerSecond > 0 { secondsLeft = Double(max(0, steps - step)) / stepsPerSecond }
    } else if step >= steps, steps > 0, isClosed(directory.curve) {
      state = .finished
    }
  }

  /// Rows beyond the last checkpoint are not part of a run, unless it is at work.
  private mutating func read(curve file: HDF5File, saved: Int) throws {
    let evaluation = try file.group("evaluation")
    let evaluated = try evaluation.dataset("step").read(as: Int64.self).prefix { $0 <= saved }
    let returns = try evaluation.dataset("return_mean").read(as: Double.self).prefix(evaluated.count)
    lastReturn = returns.last.flatMap { $0.isFinite ? $0 : nil }
    bestReturn = returns.filter(\.isFinite).max()
    step = max(step, evaluated.last.map(Int.init) ?? 0)
    let update = try file.group("update")
    let updated = try update.dataset("step").read(as: Int64.self).prefix { $0 <= saved }
    guard let last = updated.last else { return }
    step = max(step, Int(last))
    let speed = try update.dataset("steps_per_second").read(rows: updated.count - 1..<updated.count, as: Double.self)
    stepsPerSecond = speed.first.flatMap { $0.isFinite ? $0 : nil }
  }

  /// A run killed after its last checkpoint left its curves marked as being written, which the next process mends.
  private func isClosed(_ path: String) -> Bool { (try? HDF5File.open(at: path)) != nil }

  private mutating func take(configuration text: String) {
    guard let mapping = (try? Yams.compose(yaml: text))?.mapping else { return }
    for (key, value) in mapping where key.scalar?.string == "steps" { steps = value.scalar.flatMap { Int($0.string) } ?? steps }
  }
}

/// What a run's folder says of it: `<plan>/<environment>/<algorithm>[+<variant>]/seed-<n>`.
private struct FolderNames {
  var plan = ""
  var environment = ""
  var algorithm = ""
  var variant = ""
  var seed = 0

  init(_ path: String, below root: String) {
    let parts = path.split(separator: "/").map(String.init)
    let above = root.split(separator: "/").count
    guard parts.count >= 3 else { return }
    let label = parts[parts.count - 2].split(separator: "+", maxSplits: 1).map(String.init)
    environment = parts[parts.count - 3]
    algorithm = label.first ?? ""
    variant = label.count > 1 ? label[1] : ""
    let last = parts[parts.count - 1]
    seed = last.hasPrefix("seed-") ? Int(last.dropFirst(5)) ?? 0 : 0
    if parts.count - 3 > above { plan = parts[above..<parts.count - 3].joined(separator: "/") }
  }
}
