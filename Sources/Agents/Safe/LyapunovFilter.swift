import LinearAlgebra
import NeuralNetworks

/// The Lyapunov constraint (paper eq. 14-15): an action is accepted when
///
///     Q̄_C(s, a) − Q̄_C(s, π_B(s)) ≤ (1 − γ)·(d₀ − Q̄_C(s₀, π_B(s₀)))
///
/// with s₀ the episode's first state and π_B(s) the base policy's mean action.
final class LyapunovFilter<S: Scalar> {
  private let cost: SingleCritic<S>
  private let base: GaussianPolicy<S>
  private let mean: Matrix<S>
  private let zeros: Matrix<S>
  private let firstObservation: Matrix<S>
  private let limit: S
  private let gamma: S
  private var bound: S = 0

  init(networks: ActorCriticNetworks<S>, settings: AgentSettings, safety: SafetySettings) {
    let d = settings.actionSize
    cost = SingleCritic(networks.costCritics.target, actionSize: d, rows: 1)
    base = GaussianPolicy(networks.policy, sharedLogStd: nil, actionSize: d, rows: 1)
    mean = Matrix(rows: 1, columns: d)
    zeros = Matrix(rows: 1, columns: d)
    firstObservation = Matrix(rows: 1, columns: settings.observationSize)
    limit = S(safety.costLimit)
    gamma = S(settings.gamma)
  }

  /// s₀ of the episode that begins, [1, observations].
  func beginEpisode(at observation: Matrix<S>) { firstObservation.copy(from: observation) }

  /// Sets the state that the following actions are about.
  func prepare(observation: Matrix<S>) {
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
    cost.prepare(observations: observation)
    cost.evaluate(actions: mean)
    return cost.values.pointer[0]
  }
}
