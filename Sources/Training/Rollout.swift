import Environments
import Gym
import HDF5

/// `hpo rollout`: replays given actions from given states, so that other programs can compare tasks number by number.
public enum Rollout {
  /// Replays every episode of a file.
  /// - Parameters:
  ///   - input: groups `episode_<i>` with `actions` [T, d] (float32 or float64, the environment's own units), `qpos0`
  ///     [nq] and `qvel0` [nv].
  ///   - output: replaced as a whole: the same groups with float64 `observations` [T'+1, n], `rewards` [T'],
  ///     `terminated` [T'] (0 or 1), `qpos` [T'+1, nq] and `qvel` [T'+1, nv]; T' ends at the first termination.
  /// - Returns: what happened, episode by episode in numeric order.
  @discardableResult
  public static func run(
    environment name: String, parameters: [String: ParameterValue] = [:], input: String, output: String
  ) throws -> [Episode] {
    let environment = try EnvironmentCatalog.make(name, parameters: parameters)
    guard let task = environment as? any MuJoCoTask else {
      throw RolloutError.notReplayable(environment: environment.specification.id)
    }
    let file = try HDF5File.open(at: input)
    let numbers = try episodeNumbers(in: file, path: input)
    var episodes: [Episode] = []
    try HDF5File.replace(at: output) { result in
      try result.setAttribute("environment", task.specification.id)
      for number in numbers {
        let name = "episode_\(number)"
        let trajectory = try replay(try file.group(name), of: input, with: task)
        try trajectory.write(to: try result.createGroup(name))
        episodes.append(trajectory.episode(number))
      }
    }
    return episodes
  }

  /// One replayed episode.
  public struct Episode: Sendable, Equatable {
    public var number: Int
    public var steps: Int
    /// Undiscounted.
    public var totalReward: Double
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

  private static func replay(_ group: Group, of file: String, with task: any MuJoCoTask) throws -> Trajectory {
    let qpos: [Double] = try group.read("qpos0", shape: [task.qpos.count])
    let qvel: [Double] = try group.read("qvel0", shape: [task.qvel.count])
    let dataset = try group.dataset("actions")
    switch dataset.elementType {
    case .float32:
      return try replay(try actions(in: dataset, Float.self), qpos, qvel, task) { try task.step(controls: $0) }
    case .float64:
      return try replay(try actions(in: dataset, Double.self), qpos, qvel, task) { try task.step(controls: $0) }
    default:
      throw RolloutError.actionType(object: dataset.path, file: file, found: "\(dataset.elementType)")
    }

    func actions<Number: HDF5Element>(in dataset: Dataset, _ type: Number.Type) throws -> [[Number]] {
      let width = task.specification.actionSize
      let all: [Number] = try dataset.read(shape: [nil, width])
      return stride(from: 0, to: all.count, by: width).map { Array(all[$0..<$0 + width]) }
    }
  }

  private static func replay<Number>(
    _ actions: [[Number]], _ qpos: [Double], _ qvel: [Double], _ task: any MuJoCoTask,
    step: ([Number]) throws -> Step
  ) throws -> Trajectory {
    try task.setState(qpos: qpos, qvel: qvel)
    var trajectory = Trajectory(startOf: task)
    for action in actions {
      let result = try step(action)
      trajectory.append(result, of: task)
      if result.ending == .terminated { break }
    }
    return trajectory
  }
}

/// Everything that one episode's output group holds, row after row.
private struct Trajectory {
  var observations: [Double]
  var qpos: [Double]
  var qvel: [Double]
  var rewards: [Double] = []
  var terminated: [Double] = []

  init(startOf task: any MuJoCoTask) {
    observations = task.observation
    qpos = task.qpos
    qvel = task.qvel
  }

  mutating func append(_ step: Step, of task: any MuJoCoTask) {
    observations += task.observation
    qpos += task.qpos
    qvel += task.qvel
    rewards.append(step.reward)
    terminated.append(step.ending == .terminated ? 1 : 0)
  }

  func write(to group: Group) throws {
    let rows = rewards.count + 1
    for (name, values) in [("observations", observations), ("qpos", qpos), ("qvel", qvel)] {
      try group.write(name, values, shape: [rows, values.count / rows])
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
  case notReplayable(environment: String)
  case noEpisodes(file: String)
  case actionType(object: String, file: String, found: String)

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
