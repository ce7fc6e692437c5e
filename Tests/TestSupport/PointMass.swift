import Gym

/// A point on a plane that a force pushes towards the origin: an analytic task for fast tests of agents.
///
/// State (x, y, vx, vy); a step adds 0.1·action to the velocity, damps it by `damping` and moves by 0.5·velocity. Reward −‖position‖ per
/// step, cost the mean |action|. Leaving the square |x|, |y| ≤ 2 terminates; 40 steps truncate.
public final class PointMass: Environment {
  public let specification = EnvironmentSpecification(id: "PointMass-v0", observationSize: 4, actionSize: 2, timeLimit: 40)
  public private(set) var observation: [Double] = [0, 0, 0, 0]
  /// Throws from the step of this number, counted over the object's life: a crash to test recovery with.
  public var failsAtStep: Int?
  private var stepsTaken = 0

  public struct Failure: Error {
    public init() {}
  }

  private let damping: Double

  public init(failsAtStep: Int? = nil, damping: Double = 0.9) {
    self.failsAtStep = failsAtStep
    self.damping = damping
  }

  public func reset<Generator: RandomNumberGenerator>(using generator: inout Generator) {
    for index in 0..<2 {
      observation[index] = Double.random(in: -1...1, using: &generator)
      observation[index + 2] = 0
    }
  }

  public func step(_ action: [Float]) throws -> Step {
    stepsTaken += 1
    if stepsTaken == failsAtStep { throw Failure() }
    for index in 0..<2 {
      observation[index + 2] = damping * (observation[index + 2] + 0.1 * Double(action[index]))
      observation[index] += 0.5 * observation[index + 2]
    }
    let (x, y) = (observation[0], observation[1])
    let left = max(abs(x), abs(y)) > 2
    return Step(
      reward: -(x * x + y * y).squareRoot(), ending: left ? .terminated : nil,
      velocity: SIMD2(observation[2], observation[3]), cost: Double(abs(action[0]) + abs(action[1])) / 2)
  }
}
