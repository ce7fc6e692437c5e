import Gym
import HDF5

/// `hpo rollout`: replays given actions from given states, so that other programs can compare tasks number by number.
public enum Rollout {
  /// Replays every episode of a file.
  /// - Parameters:
  ///   - environment: what is replayed.
  ///   - input: groups `episode_<i>` with `actions` [T, d] (float32 or float64, the environment's own units) and what an episode's start
  ///     consists of: for MuJoCo tasks and Pendulum `qpos0` [nq] and `qvel0` [nv], for Bullet tasks `draws`, the random draws to consume.
  ///   - output: replaced as a whole: the same groups with float64 `observations` [T'+1, n], `rewards` [T'], `terminated` [T'] (0
  ///     or 1), for MuJoCo tasks `qpos` [T'+1, nq] and `qvel` [T'+1, nv], for Bullet tasks `reward_terms` [T', 5] and
  ///     `draws_consumed` [T'+1]; T' ends at the first termination.
  /// - Returns: what happened, episode by episode in numeric order.
  /// - Throws: ``RolloutError``, ``OutputIsInput``, `HDF5Error`; what the environment throws.
  @discardableResult
  public static func run(_ environment: any Environment, input: String, output: String) throws -> [Episode] {
    let id = environment.specification.id
    guard let environment = environment as? any ReplayableEnvironment else { throw RolloutError.notReplayable(environment: id) }
    try OutputIsInput.check(output: output, inputs: [input])
    let file = try HDF5File.open(at: input)
    let numbers = try episodeNumbers(in: file, path: input)
    var episodes: [Episode] = []
    try HDF5File.replace(at: output) { result in
      try result.setAttribute("environment", id)
      for number in numbers {
        let name = "episode_\(number)"
        let trajectory = try replay(try file.group(name), of: input, in: environment)
        try trajectory.write(to: try result.createGroup(name))
        episodes.append(trajectory.episode(number))
      }
    }
    return episodes
  }

  /// One replayed episode.
  public struct Episode: Sendable, Equatable {
    /// i of the group `episode_<i>`.
    public var number: Int
    /// Taken, T'.
    public var steps: Int
    /// Undiscounted.
    public var totalReward: Double
    /// Whether the task's rules ended it.
    public var terminated: Bool
  }

  private static func episodeNumbers(in file: HDF5File, path: String) throws -> [Int] {
    let prefix = "episode_"
    let numbers = try file.childNames.compactMap { name -> Int? in
      guard name.hasPrefix(prefix), let number = Int(name.dropFirst(prefix.count)), number >= 0,
        name == "\(prefix)\(number)"
      else { return nil }
      return number
    }
    guard !numbers.isEmpty else { throw RolloutError.noEpisodes(file: path) }
    return numbers.sorted()
  }

  private static func replay(_ group: Group, of file: String, in environment: any ReplayableEnvironment) throws -> Trajectory {
    try environment.reset(
      replaying: try environment.startQuantities.map { quantity in try group.read(quantity.name, shape: [quantity.count]) })
    let dataset = try group.dataset("actions")
    switch dataset.elementType {
    case .float32:
      let actions = try actions(in: dataset, Float.self, of: environment)
      return try Trajectory(actions, in: environment) { try environment.step(controls: $0) }
    case .float64:
      let actions = try actions(in: dataset, Double.self, of: environment)
      return try Trajectory(actions, in: environment) { try environment.step(controls: $0) }
    default:
      throw RolloutError.actionType(object: dataset.path, file: file, found: "\(dataset.elementType)")
    }
  }

  private static func actions<Number: HDF5Element>(
    in dataset: Dataset, _ type: Number.Type, of task: any Environment
  ) throws -> [[Number]] {
    let width = task.specification.actionSize
    let all: [Number] = try dataset.read(shape: [nil, width])
    return stride(from: 0, to: all.count, by: width).map { Array(all[$0..<$0 + width]) }
  }
}

/// Everything that one episode's output group holds, row after row.
private struct Trajectory {
  /// A quantity's rows, one after the other.
  private struct Series {
    var name: String
    var width: Int
    var isScalar: Bool
    var values: [Double] = []

    init(_ quantity: ReplayedQuantity) {
      name = quantity.name
      width = quantity.values.count
      isScalar = quantity.isScalar
    }
  }

  /// One row more than there are steps: before the first and after each.
  private var states: [Series]
  /// One row per step.
  private var results: [Series]
  private var rewards: [Double] = []
  private var terminated: [Double] = []

  /// Steps through the actions to their end or the first termination.
  init<Action>(_ actions: [Action], in environment: any ReplayableEnvironment, step: (Action) throws -> Step) throws {
    func state() -> [ReplayedQuantity] { [ReplayedQuantity("observations", environment.observation)] + environment.replayedState }
    states = state().map(Series.init)
    results = environment.replayedOutcome.map(Series.init)
    func append(_ quantities: [ReplayedQuantity], to series: inout [Series]) {
      for (index, quantity) in quantities.enumerated() { series[index].values += quantity.values }
    }
    append(state(), to: &states)
    for action in actions {
      let outcome = try step(action)
      append(state(), to: &states)
      append(environment.replayedOutcome, to: &results)
      rewards.append(outcome.reward)
      terminated.append(outcome.ending == .terminated ? 1 : 0)
      if outcome.ending == .terminated { break }
    }
  }

  func write(to group: Group) throws {
    for series in states + results {
      let rows = series.values.count / series.width
      try group.write(series.name, series.values, shape: series.isScalar ? [rows] : [rows, series.width])
    }
    try group.write("rewards", rewards)
    try group.write("terminated", terminated)
  }

  func episode(_ number: Int) -> Rollout.Episode {
    .init(
      number: number, steps: rewards.count, totalReward: rewards.reduce(0, +), terminated: terminated.last == 1)
  }
}

/// What is wrong with a rollout's input, beyond what HDF5 itself reports.
public enum RolloutError: Error, Equatable, CustomStringConvertible {
  /// The task cannot be put into a given state.
  case notReplayable(environment: String)
  /// The input has no group `episode_<i>`.
  case noEpisodes(file: String)
  /// The actions are neither float32 nor float64.
  case actionType(object: String, file: String, found: String)

  /// One line: what, where, what next.
  public var description: String {
    switch self {
    case .notReplayable(let environment):
      "\(environment) cannot be replayed from given states"
    case .noEpisodes(let file):
      "'\(file)' has no groups 'episode_0', 'episode_1', …; each holds actions, qpos0 and qvel0"
    case .actionType(let object, let file, let found):
      "'\(object)' in '\(file)' holds \(found); actions are 32-bit or 64-bit floating-point numbers"
    }
  }
}
