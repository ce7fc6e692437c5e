import Agents
import Gym
import LinearAlgebra
import Random

/// Episodes of the deterministic policy: what a run is judged by.
public struct Evaluation: Sendable, Equatable {
  /// Undiscounted, one per episode.
  public var returns: [Double] = []
  public var lengths: [Int] = []

  /// Plays whole episodes of `actor`'s deterministic action.
  /// - Throws: what the environment throws.
  public static func run(
    _ actor: Actor<Float>, in environment: any Environment, episodes: Int, using generator: inout SeededGenerator
  ) throws -> Evaluation {
    var evaluation = Evaluation()
    var action = [Float](repeating: 0, count: environment.specification.actionSize)
    for _ in 0..<episodes {
      environment.reset(using: &generator)
      var total = 0.0
      var length = 0
      while true {
        actor.exploit(environment.observation, into: &action)
        let step = try environment.step(action)
        total += step.reward
        length += 1
        if step.ending != nil { break }
      }
      evaluation.returns.append(total)
      evaluation.lengths.append(length)
    }
    return evaluation
  }
}
