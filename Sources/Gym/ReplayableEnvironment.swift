/// An environment whose episodes can be taken again from what their start consisted of: what `hpo rollout` replays and
/// `hpo evaluate --record` writes.
public protocol ReplayableEnvironment: Environment {
  /// What an episode's start consists of, and how many numbers each has; `nil` for any number. MuJoCo's: `qpos0`, `qvel0`.
  var startQuantities: [(name: String, count: Int?)] { get }

  /// The present episode's start, as ``startQuantities`` lists it. Asked for when an episode has just started, where ``startIsState``;
  /// when it has ended, otherwise.
  var start: [[Double]] { get }

  /// Whether ``start`` is the present state rather than a record of the episode so far.
  var startIsState: Bool { get }

  /// Starts an episode as ``startQuantities`` says.
  func reset(replaying start: [[Double]]) throws

  /// What a replay tells besides observations, before the first step and after each; one number is a scalar.
  var replayedState: [ReplayedQuantity] { get }

  /// What a replay tells of each step besides the reward.
  var replayedOutcome: [ReplayedQuantity] { get }

  /// An action as `step(controls:)` takes it, in the environment's own units.
  /// - Parameter action: in [-1, 1].
  func controls(for action: [Float]) -> [Float]

  /// Steps with an action in the environment's own units. The precision matters: like Gymnasium under numpy 2, a task may compute in
  /// the precision of the action it is given.
  func step(controls: [Float]) throws -> Step
  func step(controls: [Double]) throws -> Step
}

/// A quantity of a replay by its name in files.
public struct ReplayedQuantity: Sendable, Equatable {
  public var name: String
  public var values: [Double]
  /// Whether a row of it is a number rather than a list of one.
  public var isScalar: Bool

  public init(_ name: String, _ values: [Double], isScalar: Bool = false) {
    self.name = name
    self.values = values
    self.isScalar = isScalar
  }
}

/// An environment whose simulator can be timed alone, to say what the environment's own work costs.
public protocol BareComparableEnvironment: ReplayableEnvironment {
  /// The simulator without the task around it.
  func bareSimulator() throws -> any BareSimulator
}

/// A simulator that does a task's physics and nothing else.
public protocol BareSimulator {
  /// As ``ReplayableEnvironment/reset(replaying:)``.
  func reset(replaying start: [[Double]]) throws
  /// One control period.
  func step(controls: [Double]) throws
}
