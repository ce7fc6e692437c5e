import LinearAlgebra

extension Exploration {
  /// Optimistic actor-critic's: up an upper bound of Q.
  /// - Source: Ciosek et al. 2019, arXiv:1910.12807.
  public static let optimistic = Exploration("optimistic", OptimisticExploration())
}

private struct OptimisticExploration: ExplorationRule {
  func makeSampler<S: Scalar>(
    for agent: SoftActorCriticModel<S>, surfaces: ActionValueSurfaces<S>, rows: Int
  ) -> any ActionSampler<S> {
    OptimisticSampler(agent, rows: rows)
  }
}

/// a = tanh(μ + Δ + σ ⊙ ξ), Δ by the gradient at the mean action ã = tanh μ of the online critics' upper bound
/// Q_UB = (Q₁ + Q₂)/2 + β_UB·|Q₁ − Q₂|/2.
final class OptimisticSampler<S: Scalar>: ActionSampler {
  private let base: LatentGaussian<S>
  private let upperBound: TwinBound<S>
  private let divergence: Double
  private let mean: Matrix<S>
  private let std: Matrix<S>
  private let meanAction: Matrix<S>
  private let slope: Matrix<S>
  /// Δ, [rows, actions].
  let shift: Matrix<S>
  let action: Matrix<S>

  init(_ agent: SoftActorCriticModel<S>, rows: Int) {
    let settings = agent.settings
    let d = settings.actionSize
    base = agent.base(rows: rows)
    let critics = agent.networks.critics
    upperBound = TwinBound(
      critics.first.online, critics.second.online, spread: settings.optimism, actionSize: d, rows: rows)
    divergence = settings.explorationKL
    func matrix() -> Matrix<S> { Matrix(rows: rows, columns: d) }
    (mean, std, meanAction, slope, shift, action) = (matrix(), matrix(), matrix(), matrix(), matrix(), matrix())
  }

  func sample(observations: Matrix<S>, noise: PolicyNoise<S>) {
    base.sample(observations: observations, noise: noise.action)
    base.copyParameters(mean: mean, std: std)
    meanAction.setSquashed(mean)
    upperBound.begin(at: observations)
    upperBound.evaluate(actions: meanAction)
    upperBound.actionGradient(into: slope)
    shift.setOptimisticShift(valueGradient: slope, meanActions: meanAction, std: std, divergence: divergence)
    action.copy(from: base.latent)
    action.add(shift)
    action.setSquashed(action)
  }
}
