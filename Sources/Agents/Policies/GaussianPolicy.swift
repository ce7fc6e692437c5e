import LinearAlgebra
import NeuralNetworks

/// SAC's policy: a = tanh u, u = μ(s) + σ(s) ⊙ ξ.
package final class GaussianPolicy<S: Scalar>: Policy {
  private let base: LatentGaussian<S>
  private let temperature: Temperature
  package let action: Matrix<S>
  package let logProbability: Vector<S>
  private let latentGradient: Matrix<S>

  init(_ base: LatentGaussian<S>, temperature: Temperature) {
    self.base = base
    self.temperature = temperature
    let (rows, d) = (base.latent.rows, base.latent.columns)
    action = Matrix(rows: rows, columns: d)
    logProbability = Vector(count: rows)
    latentGradient = Matrix(rows: rows, columns: d)
  }

  package func sample(observations: Matrix<S>, noise: PolicyNoise<S>) {
    base.sample(observations: observations, noise: noise.action)
    action.setSquashed(base.latent)
    logProbability.copy(from: base.logDensity)
    base.latent.subtractSquashingCorrection(from: logProbability)
  }

  // −J = −Q + α log π:   ∂/∂u = −∇ₐQ ⊙ (1 − a²) + α·∂(log π)/∂u
  package func backward(actionGradient: Matrix<S>, share: Double) {
    let entropyScale = S(temperature.alpha * share)
    latentGradient.set(actionGradient, scaledBy: S(-share))
    latentGradient.unsquashGradient(actions: action, correctionScale: entropyScale)
    base.backward(latentGradient: latentGradient, logDensityGradient: entropyScale)
  }

  package var trained: [ParameterGradient<S>] { base.trained }
}
