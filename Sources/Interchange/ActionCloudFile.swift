import Agents
import Configuration
import Gym
import HDF5
import LinearAlgebra
import Random
import Records
import Training

/// `hpo actions`: a policy's actions at one state before and after evolution, over the contour of Q, for the paper's Figure 7.
public enum ActionCloudFile {
  /// Draws, as in the paper.
  public static let count = 1000
  /// Points of the contour along each of the two dimensions, from −1 to 1.
  public static let gridSize = 101

  /// Writes a policy's actions at the first state of an episode, which depends on the seed alone: snapshots of one run, and other
  /// runs of the same task, are asked about the same state.
  /// - Parameters:
  ///   - policy: whose networks.
  ///   - environment: of their sizes; it is reset.
  ///   - dimensions: the two components of the action that the contour spans, counted from 0.
  ///   - output: replaced as a whole. Attributes `step`, `environment`, `algorithm`, `seed`, `critic` (target or online: whose
  ///     `min_q` is); `state` [n] float64, `dimensions` [2] int64, `base_actions` and `evolved_actions` [N, d] float32, `grid_x` and
  ///     `grid_y` [G] float64, `min_q` [G, G] float32 (row = y, column = x, other components at the base policy's mean action).
  /// - Throws: `HDF5Error`, `CheckpointError`, ``ActionCloudError``, ``OutputIsInput``.
  public static func write(
    _ policy: TrainedPolicy, in environment: any Environment, dimensions: [Int], seed: Int, output: String
  ) throws {
    try policy.requireFit(environment)
    let d = policy.actionSize
    let id = environment.specification.id
    guard dimensions.count == 2, dimensions[0] != dimensions[1], dimensions.allSatisfy((0..<d).contains) else {
      throw ActionCloudError.wrongDimensions(given: dimensions, actionSize: d, environment: id)
    }
    try OutputIsInput.check(output: output, inputs: [policy.file])
    let loaded = try NetworkFile.agent(from: try Checkpoint.open(at: policy.file), batchSize: 1, over: policy.settings.values)

    var starts = TrainedPolicy.startGenerator(seed: seed)
    try environment.reset(using: &starts)
    let state = environment.observation
    var generator = SeededGenerator(seed: UInt64(bitPattern: Int64(seed)), stream: RandomStream.exploration.rawValue)
    guard let agent = loaded as? SoftActorCritic<Float>,
      let (base, evolved) = agent.explorationActions(at: state, count: count, using: &generator)
    else { throw ActionCloudError.notEvolved(algorithm: policy.settings.algorithm.name) }

    let axis = (0..<gridSize).map { -1 + 2 * Double($0) / Double(gridSize - 1) }
    let mean = agent.meanAction(at: state)
    let grid = Matrix<Float>(rows: gridSize * gridSize, columns: d)
    for row in 0..<gridSize * gridSize {
      for column in 0..<d { grid[row, column] = mean[column] }
      grid[row, dimensions[0]] = Float(axis[row % gridSize])
      grid[row, dimensions[1]] = Float(axis[row / gridSize])
    }
    let values = agent.minimumActionValue(at: state, of: grid).array
    for (name, numbers) in [("actions", base.array.flatMap { $0 } + evolved.array.flatMap { $0 }), ("min Q", values)] {
      guard numbers.allSatisfy(\.isFinite) else { throw CheckpointError.notFinite(object: name, file: policy.file) }
    }

    try HDF5File.replace(at: output) { file in
      try file.setAttribute("step", policy.step)
      try file.setAttribute("environment", id)
      try file.setAttribute("algorithm", policy.settings.algorithm.name)
      try file.setAttribute("seed", seed)
      try file.setAttribute("critic", agent.exploresUnderTargets ? "target" : "online")
      try file.write("state", state)
      try file.write("dimensions", dimensions.map(Int64.init))
      try file.write("base_actions", base.array.flatMap { $0 }, shape: [count, d])
      try file.write("evolved_actions", evolved.array.flatMap { $0 }, shape: [count, d])
      try file.write("grid_x", axis)
      try file.write("grid_y", axis)
      try file.write("min_q", values, shape: [gridSize, gridSize])
    }
  }
}

/// What there is no Figure 7 of.
public enum ActionCloudError: Error, Equatable, CustomStringConvertible {
  /// Two dimensions that an action has not got.
  case wrongDimensions(given: [Int], actionSize: Int, environment: String)
  /// An agent whose exploration does not start from a base policy's sample.
  case notEvolved(algorithm: String)

  /// One line: what, where, what next.
  public var description: String {
    switch self {
    case .wrongDimensions(_, 1, let environment): return "\(environment) has actions of one number; a contour needs two dimensions"
    case .wrongDimensions(let given, let actionSize, let environment):
      let names = given.map(String.init).joined(separator: ",")
      return "'\(names)' are no two dimensions of \(environment)'s actions; choose two different numbers of 0 to \(actionSize - 1), such as 0,1"
    case .notEvolved(let algorithm):
      return "\(algorithm) does not explore by a policy's sample; Figure 7 is of agents that do, such as sac-hpo and sac"
    }
  }
}
