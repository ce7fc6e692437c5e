import LinearAlgebra
import NeuralNetworks

/// SAC-NF's policy (arXiv 1905.06893): a Gaussian sample through radial flows, then tanh.
package final class FlowPolicy<S: Scalar>: Policy {
  private let base: LatentGaussian<S>
  private let flows: RadialFlows<S>
  private let temperature: Temperature
  package let action: Matrix<S>
  package let logProbability: Vector<S>
  private let latentGradient: Matrix<S>

  init(_ base: LatentGaussian<S>, flows: RadialFlows<S>, temperature: Temperature) {
    self.base = base
    self.flows = flows
    self.temperature = temperature
    let (rows, d) = (base.latent.rows, base.latent.columns)
    action = Matrix(rows: rows, columns: d)
    logProbability = Vector(count: rows)
    latentGradient = Matrix(rows: rows, columns: d)
  }

  package func sample(observations: Matrix<S>, noise: PolicyNoise<S>) {
    base.sample(observations: observations, noise: noise.action)
    logProbability.copy(from: base.logDensity)
    flows.forward(base.latent, logDensity: logProbability)
    action.setSquashed(flows.output)
    flows.output.subtractSquashingCorrection(from: logProbability)
  }

  package func backward(actionGradient: Matrix<S>, share: Double) {
    let entropyScale = S(temperature.alpha * share)
    latentGradient.set(actionGradient, scaledBy: S(-share))
    latentGradient.unsquashGradient(actions: action, correctionScale: entropyScale)
    flows.backward(latentGradient, logDensityScale: entropyScale)
    base.backward(latentGradient: latentGradient, logDensityGradient: entropyScale)
  }

  package var trained: [ParameterGradient<S>] { base.trained + [flows.trained] }
}
