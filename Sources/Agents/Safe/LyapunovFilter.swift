import LinearAlgebra
import NeuralNetworks

/// The Lyapunov constraint (paper eq. 14-15): an action is accepted when
///
///     Q̄_C(s, a) − Q̄_C(s, π_B(s)) ≤ (1 − γ)·(d₀ − Q̄_C(s₀, π_B(s₀)))
///
/// with s₀ the episode's first state and π_B(s) the base policy's mean action.
final class LyapunovFilter<S: Scalar> {
  private let cost: SingleCritic<S>
  private let base: LatentGaussian<S>
  private let mean: Matrix<S>
  private let zeros: Matrix<S>
  private let firstObservation: Matrix<S>
  private let limit: S
  private let gamma: S
  private var hasBegun = false
  private var bound: S = 0

  init(_ agent: SoftActorCriticModel<S>) {
    let settings = agent.settings
    let d = settings.actionSize
    guard let critic = agent.networks.cost, let constraint = settings.costConstraint else {
      trap("a filter needs a cost critic and its limit: an agent without a constraint has none")
    }
    cost = SingleCritic(critic.target, actionSize: d, rows: 1)
    base = agent.base(rows: 1)
    mean = Matrix(rows: 1, columns: d)
    zeros = Matrix(rows: 1, columns: d)
    firstObservation = Matrix(rows: 1, columns: settings.observationSize)
    limit = S(constraint.limit)
    gamma = S(settings.gamma)
  }

  /// s₀ of the episode that begins, [1, observations].
  func beginEpisode(at observation: Matrix<S>) {
    firstObservation.copy(from: observation)
    hasBegun = true
  }

  /// Sets the state that the following actions are about: the episode's first where none was said to begin.
  func prepare(observation: Matrix<S>) {
    if !hasBegun { beginEpisode(at: observation) }
    let margin = (1 - gamma) * (limit - costOfMeanAction(firstObservation))
    // Last, so that the critic stays prepared for this state.
    bound = costOfMeanAction(observation) + margin
  }

  /// - Parameter action: [1, actions].
  func accepts(_ action: Matrix<S>) -> Bool {
    cost.evaluate(actions: action)
    return cost.values.pointer[0] <= bound
  }

  private func costOfMeanAction(_ observation: Matrix<S>) -> S {
    base.sample(observations: observation, noise: zeros)
    mean.setSquashed(base.latent)
    cost.begin(at: observation)
    cost.evaluate(actions: mean)
    return cost.values.pointer[0]
  }
}
