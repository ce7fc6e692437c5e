import Gym

/// A task in MuJoCo, which can also be replayed: from a given state, with controls in the actuators' own units.
public protocol MuJoCoTask: DescribedEnvironment, ReplayableEnvironment {
  /// The simulated positions [nq] and velocities [nv]: metres, radians, unit quaternions, seconds.
  var qpos: [Double] { get }
  var qvel: [Double] { get }

  /// Starts an episode from a given state instead of a random one.
  func setState(qpos: [Double], qvel: [Double]) throws

  /// Steps with controls in the actuators' units, not in [-1, 1]. The precision matters: like Gymnasium under numpy 2,
  /// a task computes the control cost in the precision of the action it is given.
  func step(controls: [Float]) throws -> Step
  func step(controls: [Double]) throws -> Step

  /// What the last step's reward was made of.
  var rewardTerms: RewardTerms { get }
}

/// The terms of one step's reward = (forward + healthy) − (control + contact).
public struct RewardTerms: Sendable, Equatable {
  public var forward = 0.0
  public var healthy = 0.0
  public var controlCost = 0.0
  public var contactCost = 0.0
}
