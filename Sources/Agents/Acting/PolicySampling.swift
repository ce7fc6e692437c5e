import LinearAlgebra
import Random

extension Exploration {
  public static let gaussian = policy(.gaussian)
  public static let proposed = policy(.proposed)
  public static let conventional = policy(.conventional)
  public static let flow = policy(.flow)

  /// A sample of a policy explores.
  public static func policy(_ kind: PolicyKind) -> Exploration { Exploration(kind.rawValue, PolicyExploration(kind: kind)) }

  /// The policy whose samples explore, where the rule is nothing more than that.
  public var policy: PolicyKind? { (rule as? PolicyExploration)?.kind }
}

/// Exploration by a sample of a policy, with exploration's momentum deviation.
private struct PolicyExploration: ExplorationRule {
  let kind: PolicyKind

  func makeSampler<S: Scalar>(
    for agent: SoftActorCriticModel<S>, surfaces: ActionValueSurfaces<S>, rows: Int
  ) -> any ActionSampler<S> {
    agent.policy(kind, for: .exploration, surfaces: surfaces, rows: rows)
  }
}

/// A sampler's action at one state, of noise that is drawn or zero. A policy's is then the deterministic one: a₀ = tanh μ, p₀ = 0, then the
/// leapfrog's steps.
final class PolicySampling<S: Scalar>: ActingRule {
  private let surfaces: ActionValueSurfaces<S>
  private let sampler: any ActionSampler<S>
  private let noise: PolicyNoise<S>
  private let draws: Bool

  init(
    _ agent: SoftActorCriticModel<S>, draws: Bool, _ makeSampler: (ActionValueSurfaces<S>) -> any ActionSampler<S>
  ) {
    surfaces = agent.surfaces(rows: 1)
    sampler = makeSampler(surfaces)
    noise = PolicyNoise(rows: 1, actionSize: agent.settings.actionSize)
    self.draws = draws
  }

  func action(at observation: Matrix<S>, using generator: inout SeededGenerator) -> Matrix<S> {
    if draws { noise.draw(using: &generator) }
    surfaces.begin(at: observation)
    sampler.sample(observations: observation, noise: noise)
    return sampler.action
  }
}

extension SoftActorCriticModel {
  /// What explores, and what is evaluated: the training policy's deterministic action. Algorithm 3 serves both where actions are
  /// filtered.
  func actingRules() -> (exploration: any ActingRule<S>, evaluation: any ActingRule<S>) {
    if settings.candidates == 1 { return (explorationRule(), evaluationRule(draws: false)) }
    func candidates(
      _ first: any ActingRule<S>, _ others: any ActingRule<S>, _ choice: CandidateActing<S>.Choice
    ) -> CandidateActing<S> {
      CandidateActing(
        settings.candidates, first: first, others: others, choice: choice, value: targetValue(), actionSize: settings.actionSize)
    }
    return (
      candidates(explorationRule(), explorationRule(), .inProportion(temperature)),
      candidates(evaluationRule(draws: false), evaluationRule(draws: true), .best)
    )
  }

  /// min(Q̄₁, Q̄₂) of one state's action, for a safe agent less λQ̄_C.
  private func targetValue() -> any ActionValue<S> {
    let d = settings.actionSize
    let minimum = TwinMinimum(networks.critics.first.target, networks.critics.second.target, actionSize: d, rows: 1)
    guard let cost = networks.cost, let multiplier else { return minimum }
    return PenalizedActionValue(
      reward: ActionValueSurface(minimum, actionSize: d, rows: 1),
      cost: ActionValueSurface(SingleCritic(cost.target, actionSize: d, rows: 1), actionSize: d, rows: 1),
      multiplier: multiplier, rows: 1)
  }

  private func explorationRule() -> any ActingRule<S> {
    if settings.filtersActions { return FilteredActing(self, for: .exploration, draws: true) }
    return PolicySampling(self, draws: true) { surfaces in
      settings.explorationPolicy.rule.makeSampler(for: self, surfaces: surfaces, rows: 1)
    }
  }

  private func evaluationRule(draws: Bool) -> any ActingRule<S> {
    if settings.filtersActions { return FilteredActing(self, for: .training, draws: draws) }
    return PolicySampling(self, draws: draws) { surfaces in
      policy(settings.trainingPolicy, for: .training, surfaces: surfaces, rows: 1)
    }
  }
}
