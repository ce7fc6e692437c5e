import Environments
import Gym
import HDF5

/// `hpo rollout`: replays given actions from given states, so that other programs can compare tasks number by number.
public enum Rollout {
  /// Replays every episode of a file.
  /// - Parameters:
  ///   - input: groups `episode_<i>` with `actions` [T, d] (float32 or float64, the environment's own units); for MuJoCo tasks
  ///     and Pendulum `qpos0` [nq] and `qvel0` [nv], for Bullet tasks `draws`, the random draws to consume.
  ///   - output: replaced as a whole: the same groups with float64 `observations` [T'+1, n], `rewards` [T'], `terminated` [T'] (0
  ///     or 1), for MuJoCo tasks `qpos` [T'+1, nq] and `qvel` [T'+1, nv], for Bullet tasks `reward_terms` [T', 5] and
  ///     `draws_consumed` [T'+1]; T' ends at the first termination.
  /// - Returns: what happened, episode by episode in numeric order.
  @discardableResult
  public static func run(
    environment name: String, parameters: [String: ParameterValue] = [:], input: String, output: String
  ) throws -> [Episode] {
    let environment = try EnvironmentCatalog.make(name, parameters: parameters)
    try OutputIsInput.check(output: output, inputs: [input])
    let file = try HDF5File.open(at: input)
    let numbers = try episodeNumbers(in: file, path: input)
    var episodes: [Episode] = []
    try HDF5File.replace(at: output) { result in
      try result.setAttribute("environment", environment.specification.id)
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

  private static func replay(
    _ group: Group, of file: String, in environment: any DescribedEnvironment
  ) throws -> Trajectory {
    switch environment {
    case let task as any StateSettable: try replay(group, of: file, with: task)
    case let task as any BulletTask: try replay(group, with: task)
    default: throw RolloutError.notReplayable(environment: environment.specification.id)
    }
  }

  private static func replay(_ group: Group, of file: String, with task: any StateSettable) throws -> Trajectory {
    try task.setState(
      qpos: try group.read("qpos0", shape: [task.qpos.count]), qvel: try group.read("qvel0", shape: [task.qvel.count]))
    let state = { [("observations", task.observation), ("qpos", task.qpos), ("qvel", task.qvel)] }
    let dataset = try group.dataset("actions")
    switch dataset.elementType {
    case .float32:
      let actions = try actions(in: dataset, Float.self, of: task)
      return try Trajectory(actions, state: state) { try task.step(controls: $0) }
    case .float64:
      let actions = try actions(in: dataset, Double.self, of: task)
      return try Trajectory(actions, state: state) { try task.step(controls: $0) }
    default:
      throw RolloutError.actionType(object: dataset.path, file: file, found: "\(dataset.elementType)")
    }
  }

  private static func replay(_ group: Group, with task: any BulletTask) throws -> Trajectory {
    try task.reset(replaying: try group.read("draws", shape: [nil]))
    return try Trajectory(
      try actions(in: try group.dataset("actions"), Double.self, of: task),
      state: { [("observations", task.observation), ("draws_consumed", [Double(task.drawsConsumed)])] },
      result: { [("reward_terms", task.rewardTerms.values)] }
    ) { try task.step(controls: $0) }
  }

  private static func actions<Number: HDF5Element>(
    in dataset: Dataset, _ type: Number.Type, of task: any DescribedEnvironment
  ) throws -> [[Number]] {
    let width = task.specification.actionSize
    let all: [Number] = try dataset.read(shape: [nil, width])
    return stride(from: 0, to: all.count, by: width).map { Array(all[$0..<$0 + width]) }
  }
}

/// Everything that one episode's output group holds, row after row.
private struct Trajectory {
  /// A quantity by name: numbers per row, and all rows' numbers.
  private struct Series {
    var name: String
    var width: Int
    var values: [Double]
  }

  /// One row more than there are steps: before the first and after each.
  private var states: [Series]
  /// One row per step.
  private var results: [Series] = []
  private var rewards: [Double] = []
  private var terminated: [Double] = []

  /// Steps through the actions to their end or the first termination.
  init<Action>(
    _ actions: [Action], state: () -> [(String, [Double])], result: () -> [(String, [Double])] = { [] },
    step: (Action) throws -> Step
  ) throws {
    states = state().map { Series(name: $0.0, width: $0.1.count, values: $0.1) }
    results = result().map { Series(name: $0.0, width: $0.1.count, values: []) }
    for action in actions {
      let outcome = try step(action)
      for (index, (_, values)) in state().enumerated() { states[index].values += values }
      for (index, (_, values)) in result().enumerated() { results[index].values += values }
      rewards.append(outcome.reward)
      terminated.append(outcome.ending == .terminated ? 1 : 0)
      if outcome.ending == .terminated { break }
    }
  }

  func write(to group: Group) throws {
    for series in states + results {
      let rows = series.values.count / series.width
      try group.write(series.name, series.values, shape: series.name == "draws_consumed" ? [rows] : [rows, series.width])
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
  /// The task can not be put into a given state.
  case notReplayable(environment: String)
  /// The input has no group `episode_<i>`.
  case noEpisodes(file: String)
  /// The actions are neither float32 nor float64.
  case actionType(object: String, file: String, found: String)

  /// One line: what, where, what next.
  public var description: String {
    switch self {
    case .notReplayable(let environment):
      "\(environment) can not be replayed from given states"
    case .noEpisodes(let file):
      "'\(file)' has no groups 'episode_0', 'episode_1', …; each holds actions, qpos0 and qvel0"
    case .actionType(let object, let file, let found):
      "'\(object)' in '\(file)' holds \(found); actions are 32-bit or 64-bit floating-point numbers"
    }
  }
}
