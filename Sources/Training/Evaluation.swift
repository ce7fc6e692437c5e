import Agents
import Gym
import LinearAlgebra
import Random

/// Episodes of the deterministic policy: what a run is judged by.
public struct Evaluation: Sendable, Equatable {
  /// Undiscounted, one per episode.
  public var returns: [Double] = []
  /// Steps, one per episode.
  public var lengths: [Int] = []
  /// Sums of costs, plain and discounted, where a cost is recorded; zeros otherwise.
  public var costs: [Double] = []
  /// Σ γᵗ cₜ, one per episode.
  public var discountedCosts: [Double] = []

  /// Plays whole episodes of `actor`'s deterministic action.
  /// - Throws: `AgentError` when an action, a return or a cost is not finite; what the environment throws.
  public static func run(
    _ actor: ActingPolicy<Float>, in environment: any Environment, episodes: Int, cost signal: SafetyCost? = nil,
    gamma: Double = 1, using generator: inout SeededGenerator
  ) throws -> Evaluation {
    var evaluation = Evaluation()
    var action = [Float](repeating: 0, count: environment.specification.actionSize)
    for _ in 0..<episodes {
      try environment.reset(using: &generator)
      actor.beginEpisode(at: environment.observation)
      var episode = EpisodeTotals()
      while true {
        try actor.exploit(environment.observation, into: &action, using: &generator)
        let step = try environment.step(action)
        episode.add(reward: step.reward, cost: signal?.cost(of: step, action: action) ?? 0, gamma: gamma)
        if step.ending != nil { break }
      }
      // Networks that gave NaN, or physics that did: not a result to be averaged, printed or kept as the best.
      guard episode.totalReward.isFinite else {
        throw AgentError.diverged(quantity: "evaluation's return", value: episode.totalReward)
      }
      guard episode.cost.isFinite else { throw AgentError.diverged(quantity: "evaluation's cost", value: episode.cost) }
      evaluation.returns.append(episode.totalReward)
      evaluation.lengths.append(episode.length)
      evaluation.costs.append(episode.cost)
      evaluation.discountedCosts.append(episode.discountedCost)
    }
    return evaluation
  }
}
