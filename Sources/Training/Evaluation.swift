import Agents
import Gym
import LinearAlgebra
import Random
import Records

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
  /// - Parameters:
  ///   - signal: the cost to be recorded.
  ///   - isExploring: whether `actor` acts as it explores instead.
  ///   - observer: is told of every step.
  /// - Throws: `AgentError` when an action, a return or a cost is not finite; what the environment throws.
  public static func run(
    _ actor: ActingPolicy<Float>, in environment: any Environment, episodes: Int, cost signal: SafetyCost? = nil,
    gamma: Double = 1, isExploring: Bool = false, observer: (any EpisodeObserver)? = nil, using generator: inout SeededGenerator
  ) throws -> Evaluation {
    var evaluation = Evaluation()
    var action = [Float](repeating: 0, count: environment.specification.actionSize)
    for _ in 0..<episodes {
      try environment.reset(using: &generator)
      actor.beginEpisode(at: environment.observation)
      try observer?.episodeBegan()
      var episode = EpisodeTotals()
      while true {
        if isExploring {
          try actor.explore(environment.observation, into: &action, using: &generator)
        } else {
          try actor.exploit(environment.observation, into: &action, using: &generator)
        }
        let step = try environment.step(action)
        try observer?.stepTaken(action, step)
        episode.add(reward: step.reward, cost: signal?.cost(of: step, action: action) ?? 0, gamma: gamma)
        if step.ending != nil { break }
      }
      try observer?.episodeEnded()
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

/// Is told how episodes of an evaluation go.
public protocol EpisodeObserver {
  /// The environment has been reset.
  func episodeBegan() throws
  /// The environment has taken a step.
  /// - Parameter action: in [-1, 1].
  func stepTaken(_ action: [Float], _ step: Step) throws
  /// The step before was the episode's last.
  func episodeEnded() throws
}
