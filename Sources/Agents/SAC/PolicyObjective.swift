import Experience
import LinearAlgebra
import NeuralNetworks

extension SoftActorCriticLane {
  // J(θ, h) = E[Q(s, a_K) − α log π_θ(a₀|s) − (αβ/2)·‖p_K‖²]      (paper eq. 12; without leapfrog, SAC's objective)

  /// ∂(−J)/∂θ and ∂(−J)/∂h, on this lane's rows.
  func setPolicyGradients() {
    surfaces.begin(at: batch.observations)
    policy.sample(observations: batch.observations, noise: noise.now)
    objectiveSurface.evaluate(actions: policy.action)
    policy.backward(actionGradient: objectiveSurface.actionGradient, share: 1 / Double(batchSize))
    objective = objectiveSurface.values.sum() - temperature.alpha * policy.logProbability.sum()
    if let momentum = policy.momentum { objective -= momentum.kineticSum(alpha: temperature.alpha) }
  }
}
