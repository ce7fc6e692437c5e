import Experience
import LinearAlgebra
import NeuralNetworks

extension SoftActorCriticLane {
  // J(θ, h) = E[Q(s, a_K) − α log π_θ(a₀|s) − (αβ/2)·‖p_K‖²]      (paper eq. 12; without leapfrog, SAC's objective)
  //
  // Of a safe agent Q is Q − λQ_C, and all of J is divided by 1 + λ: dividing Q − λQ_C alone would multiply the temperature.

  /// ∂(−J)/∂θ and ∂(−J)/∂h, on this lane's rows.
  func setPolicyGradients() {
    surfaces.begin(at: batch.observations)
    policy.sample(observations: batch.observations, noise: noise.now)
    objectiveSurface.evaluate(actions: policy.action)
    policy.backward(actionGradient: objectiveSurface.actionGradient, share: objectiveScale / Double(batchSize))
    objective = objectiveSurface.values.sum() - temperature.alpha * policy.logProbability.sum()
    if let momentum = policy.momentum { objective -= momentum.kineticSum(alpha: temperature.alpha) }
    objective *= objectiveScale
    if let diagnostics {
      (policy as? EvolvedPolicy<S>)?.measure(diagnostics, surface: objectiveSurface)
      diagnostics.compareCritics(at: batch.observations, actions: policy.baseAction)
    }
  }
}
