import LinearAlgebra
import NeuralNetworks

extension UpdateLane {
  // J(θ, h) = E[Q(s, a_K) − α log π_θ(a₀|s) − (αβ/2)·‖p_K‖²]      (paper eq. 12; without leapfrog, SAC's objective)
  // Loss −J, mean over the batch: ∂/∂Q = −1/B, ∂/∂log π = α/B, ∂/∂p_K = (αβ/B)·p_K.

  /// ∂(−J)/∂θ and ∂(−J)/∂h, on this lane's rows.
  func setPolicyGradients() {
    policy.sample(
      observations: observations, noise: policyNoise, momentumNoise: momentumNoise,
      momentumStd: settings.momentumStdTraining)
    policy.evaluateActionValue(observations: observations)
    let share = 1 / Double(batchSize)
    let momentumWeight = policy.isEvolved ? halfAlphaBeta : 0
    policy.backward(
      observations: observations, valueScale: S(-share), logProbabilityScale: S(temperature.alpha * share),
      momentumScale: S(2 * momentumWeight * share), gradient: policyGradient)

    policy.momentum.squaredNorms(into: squaredMomentum)
    let kinetic = momentumWeight * squaredMomentum.sum()
    sums.logProbability = policy.logProbability.sum()
    sums.objective = policy.field.surface.values.sum() - temperature.alpha * sums.logProbability - kinetic
    sums.momentumNorm = squaredMomentum.sumOfRoots()
    sums.gate = policy.gateSum()
  }
}

extension Vector {
  /// Σ √x.
  @specialized(where S == Float)
  @specialized(where S == Double)
  fileprivate func sumOfRoots() -> Double {
    var sum = 0.0
    for index in 0..<count { sum += Double(pointer[index].squareRoot()) }
    return sum
  }
}
