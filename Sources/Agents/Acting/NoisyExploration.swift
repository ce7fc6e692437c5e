import LinearAlgebra

extension Exploration {
  /// The base policy's sample and the noise that the momentum alone would add: what is left of the paper's exploration without its force.
  public static let noisy = Exploration("noisy", NoisyExploration())
}

private struct NoisyExploration: ExplorationRule {
  func makeSampler<S: Scalar>(
    for agent: SoftActorCriticModel<S>, surfaces: ActionValueSurfaces<S>, rows: Int
  ) -> any ActionSampler<S> {
    let settings = agent.settings
    return NoisySampler(
      agent.policy(.gaussian, for: .exploration, surfaces: surfaces, rows: rows),
      deviation: Double(settings.leapfrogSteps) * settings.leapfrogStepSize * settings.momentumStdExploration)
  }
}

/// a = clip(a₀ + nξ, ±1) with a₀ a policy's action and n = K·ε·(exploration's deviation), how far K free steps of ε carry a momentum.
private final class NoisySampler<S: Scalar>: ActionSampler {
  private let policy: any Policy<S>
  private let deviation: S
  let action: Matrix<S>

  init(_ policy: any Policy<S>, deviation: Double) {
    self.policy = policy
    self.deviation = S(deviation)
    action = Matrix(rows: policy.action.rows, columns: policy.action.columns)
  }

  func sample(observations: Matrix<S>, noise: PolicyNoise<S>) {
    policy.sample(observations: observations, noise: noise)
    action.copy(from: policy.action)
    action.addNoise(noise.momentum, deviation: deviation, limit: .infinity)
  }
}
