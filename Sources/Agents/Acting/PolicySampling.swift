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

  func makeRule<S: Scalar>(for agent: SoftActorCriticModel<S>) -> any ActingRule<S> {
    PolicySampling(agent, kind, for: .exploration)
  }
}

/// A policy's action: drawn to explore, otherwise the deterministic one: a₀ = tanh μ, p₀ = 0, then the leapfrog's steps.
final class PolicySampling<S: Scalar>: ActingRule {
  private let surfaces: ActionValueSurfaces<S>
  private let policy: any Policy<S>
  private let noise: PolicyNoise<S>
  private let draws: Bool

  init(_ agent: SoftActorCriticModel<S>, _ kind: PolicyKind, for use: PolicyUse) {
    // Acting has no objective of its own: whatever is evolved climbs the Hamiltonian's critics.
    surfaces = agent.surfaces(rows: 1)
    policy = agent.policy(kind, for: use, surfaces: surfaces, rows: 1)
    noise = PolicyNoise(rows: 1, actionSize: agent.settings.actionSize)
    draws = use == .exploration
  }

  func action(at observation: Matrix<S>, using generator: inout SeededGenerator) -> Matrix<S> {
    if draws { noise.draw(using: &generator) }
    surfaces.begin(at: observation)
    policy.sample(observations: observation, noise: noise)
    return policy.action
  }
}

extension SoftActorCriticModel {
  /// What explores, and what is evaluated: the training policy's deterministic action. Algorithm 3 serves both where actions are
  /// filtered.
  func actingRules() -> (exploration: any ActingRule<S>, evaluation: any ActingRule<S>) {
    if let safety = settings.safety, safety.filtersActions {
      return (FilteredActing(self, safety, for: .exploration), FilteredActing(self, safety, for: .training))
    }
    return (
      settings.explorationPolicy.rule.makeRule(for: self),
      PolicySampling(self, settings.trainingPolicy, for: .training)
    )
  }
}
