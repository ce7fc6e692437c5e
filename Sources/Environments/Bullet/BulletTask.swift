import Gym

/// A task in Bullet, which can also be replayed: with given random draws, and actions that may lie outside of [-1, 1].
public protocol BulletTask: DescribedEnvironment, ReplayableEnvironment {
  /// Starts an episode whose random draws are those of a recording, in order. When they run out the episode goes on
  /// with draws of its own, the same each time; ``drawsConsumed`` then exceeds their number.
  /// - Throws: when they do not even suffice for the episode's start.
  func reset(replaying draws: [Double]) throws

  /// How many random numbers this episode has drawn so far, its start included.
  var drawsConsumed: Int { get }

  /// What this episode has drawn so far.
  var draws: [Double] { get }

  /// Steps with an action as it is: the reward is computed from it, the motors get it clipped to [-1, 1].
  func step(controls: [Double]) throws -> Step

  /// What the last step's reward was the sum of.
  var rewardTerms: RoboschoolRewardTerms { get }
}

/// The terms of one step's reward, in Roboschool's order; the reward is their sum, so that costs are negative.
public struct RoboschoolRewardTerms: Sendable, Equatable {
  /// For being up, −1 at the end.
  public var alive = 0.0
  /// The gain in potential: towards the target, metres per second.
  public var progress = 0.0
  public var electricity = 0.0
  public var jointsAtLimit = 0.0
  /// Always 0 in the reference, which has it commented out.
  public var feetCollision = 0.0

  public var sum: Double { alive + progress + electricity + jointsAtLimit + feetCollision }

  /// As `hpo rollout` writes them.
  public var values: [Double] { [alive, progress, electricity, jointsAtLimit, feetCollision] }
}

/// What can be wrong with a Bullet task's use or models, in one line each.
public enum BulletTaskError: Error, Equatable, CustomStringConvertible {
  case wrongActionCount(environment: String, expected: Int, given: Int)
  case actionNotFinite(environment: String, index: Int, value: Double)
  /// A model without what the task's rules speak of.
  case modelDoesNotFit(path: String, environment: String, missing: String)
  case tooFewDraws(environment: String, needed: Int, given: Int)

  public var description: String {
    switch self {
    case .wrongActionCount(let environment, let expected, let given):
      "\(environment) takes actions of \(expected) numbers, got \(given)"
    case .actionNotFinite(let environment, let index, let value):
      "\(environment) takes finite actions, got \(value) at index \(index)"
    case .modelDoesNotFit(let path, let environment, let missing):
      "the model '\(path)' does not suit \(environment): it has no \(missing)"
    case .tooFewDraws(let environment, let needed, let given):
      "an episode of \(environment) starts with \(needed) random draws, the recording has \(given)"
    }
  }
}
