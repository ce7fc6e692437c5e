import Gym
import MuJoCo

/// A task that can be replayed: from a given state, with controls in the task's own units.
public protocol StateSettable: DescribedEnvironment, ReplayableEnvironment {
  /// The simulated positions [nq] and velocities [nv]: metres, radians, unit quaternions, seconds.
  var qpos: [Double] { get }
  var qvel: [Double] { get }

  /// Starts an episode from a given state instead of a random one.
  func setState(qpos: [Double], qvel: [Double]) throws

  /// Steps with controls in the actuators' units, not in [-1, 1]. The precision matters: like Gymnasium under numpy 2,
  /// a task computes the control cost in the precision of the action it is given.
  func step(controls: [Float]) throws -> Step
  func step(controls: [Double]) throws -> Step
}

/// A task in MuJoCo.
public protocol MuJoCoTask: StateSettable {
  /// What the last step's reward was made of.
  var rewardTerms: RewardTerms { get }
  /// What MuJoCo said if the last step diverged, whether or not the task throws then.
  var divergence: Simulation.Divergence? { get }
}

/// The terms of one step's reward: gains minus costs, each weighted. What a task does not have is 0.
public struct RewardTerms: Sendable, Equatable {
  /// For moving forward, or for height where a robot is to stand up.
  public var forward = 0.0
  public var healthy = 0.0
  public var controlCost = 0.0
  public var contactCost = 0.0
  /// For being away from a target, or a tip from where it is to be.
  public var distanceCost = 0.0
  /// For an arm that is away from what it is to push.
  public var nearnessCost = 0.0
  public var velocityCost = 0.0
}
