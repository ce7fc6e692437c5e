import LinearAlgebra
import NeuralNetworks
import RealModule

/// Bounds of log σ; no gradient passes outside. −20, as Spinning Up and Stable-Baselines3; CleanRL uses −5.
enum LogStandardDeviation {
  static let minimum = -20.0
  static let maximum = 2.0
}

/// The base policy π_θ before its tanh: u = μ(s) + σ(s) ⊙ ξ, for a fixed number of states.
///
/// The network gives μ, then log σ; with a shared σ it gives μ only, and log σ is one learned vector.
final class LatentGaussian<S: Scalar> {
  private let network: MultilayerPerceptron<S>
  private let gradient: MultilayerPerceptron<S>
  private let tape: MultilayerPerceptron<S>.Tape
  private let outputGradient: Matrix<S>
  private let actionSize: Int
  /// log σ where it does not depend on the state, `log_std` [actions], and its gradient.
  private let sharedLogStd: ParameterSet<S>?
  private let sharedLogStdGradient: ParameterSet<S>
  /// σ ⊙ ξ of the last draw.
  private let scaledNoise: Matrix<S>
  /// u, [rows, actions].
  let latent: Matrix<S>
  /// Σ log N(u; μ, σ) over each row, [rows].
  let logDensity: Vector<S>

  /// - Parameter sharedLogStd: log σ, `log_std` [actions], where it does not depend on the state.
  init(_ network: MultilayerPerceptron<S>, sharedLogStd: ParameterSet<S>?, actionSize: Int, rows: Int) {
    let outputs = sharedLogStd == nil ? 2 * actionSize : actionSize
    demand(network.outputs == outputs, "\(network.outputs) outputs where \(outputs) serve \(actionSize) actions")
    self.sharedLogStd = sharedLogStd
    sharedLogStdGradient = sharedLogStd?.zeros() ?? ParameterSet([])
    self.network = network
    gradient = network.zeros()
    self.actionSize = actionSize
    tape = MultilayerPerceptron.Tape(network, rows: rows)
    outputGradient = Matrix(rows: rows, columns: outputs)
    scaledNoise = Matrix(rows: rows, columns: actionSize)
    latent = Matrix(rows: rows, columns: actionSize)
    logDensity = Vector(count: rows)
  }

  /// Draws `latent` with the given standard normal noise, [rows, actions]; zeros give the mean.
  func sample(observations: Matrix<S>, noise: Matrix<S>) {
    network.forward(observations, tape)
    reparameterize(tape.output, noise)
  }

  /// μ and σ of the last draw, [rows, actions] each.
  @specialized(where S == Float)
  @specialized(where S == Double)
  func copyParameters(mean: Matrix<S>, std: Matrix<S>) {
    let (minimum, maximum) = (S(LogStandardDeviation.minimum), S(LogStandardDeviation.maximum))
    for row in 0..<latent.rows {
      let output = tape.output.pointer + row * tape.output.stride
      let logSigmas = sharedLogStd?.values.pointer ?? output + actionSize
      for j in 0..<actionSize {
        mean.pointer[row * mean.stride + j] = output[j]
        std.pointer[row * std.stride + j] = S.exp(min(max(logSigmas[j], minimum), maximum))
      }
    }
  }

  /// What is trained, and where the gradients are.
  var trained: [ParameterGradient<S>] {
    let network = ParameterGradient("policy", network.parameters, gradient: gradient.parameters)
    return [network] + (sharedLogStd.map { [ParameterGradient("policy_std", $0, gradient: sharedLogStdGradient)] } ?? [])
  }

  /// - Parameters:
  ///   - latentGradient: ∂L/∂u, [rows, actions], by whatever is made of u.
  ///   - logDensityGradient: ∂L/∂(log density), the same for every row.
  func backward(latentGradient: Matrix<S>, logDensityGradient: S) {
    setOutputGradient(latentGradient, logDensityGradient)
    network.backward(outputGradient: outputGradient, tape, gradient: gradient)
  }

  // u = μ + σξ      log N(u; μ, σ) = Σ (−½ξ² − log σ − ½ log 2π)
  @specialized(where S == Float)
  @specialized(where S == Double)
  private func reparameterize(_ output: Matrix<S>, _ noise: Matrix<S>) {
    let halfLogTwoPi = S(0.918_938_533_204_672_7)
    let minimum = S(LogStandardDeviation.minimum)
    let maximum = S(LogStandardDeviation.maximum)
    for row in 0..<latent.rows {
      let mean = output.pointer + row * output.stride
      let logSigmas = sharedLogStd?.values.pointer ?? mean + actionSize
      let xi = noise.pointer + row * noise.stride
      var density: S = 0
      for j in 0..<actionSize {
        let logSigma = min(max(logSigmas[j], minimum), maximum)
        let scaled = S.exp(logSigma) * xi[j]
        scaledNoise.pointer[row * actionSize + j] = scaled
        latent.pointer[row * actionSize + j] = mean[j] + scaled
        density += -xi[j] * xi[j] / 2 - logSigma - halfLogTwoPi
      }
      logDensity.pointer[row] = density
    }
  }

  // ∂L/∂μ = ∂L/∂u      ∂L/∂log σ = ∂L/∂u ⊙ σξ − ∂L/∂(log density)      ξ is held: −½ξ² has no gradient
  @specialized(where S == Float)
  @specialized(where S == Double)
  private func setOutputGradient(_ latentGradient: Matrix<S>, _ logDensityGradient: S) {
    let minimum = S(LogStandardDeviation.minimum)
    let maximum = S(LogStandardDeviation.maximum)
    sharedLogStdGradient.values.fill(0)
    for row in 0..<latent.rows {
      let du = latentGradient.pointer + row * latentGradient.stride
      let output = tape.output.pointer + row * tape.output.stride
      let gradient = outputGradient.pointer + row * outputGradient.stride
      let logSigmas = sharedLogStd?.values.pointer ?? output + actionSize
      for j in 0..<actionSize {
        gradient[j] = du[j]
        let inside = logSigmas[j] >= minimum && logSigmas[j] <= maximum
        let byLogSigma = inside ? du[j] * scaledNoise.pointer[row * actionSize + j] - logDensityGradient : 0
        if sharedLogStd == nil {
          gradient[actionSize + j] = byLogSigma
        } else {
          sharedLogStdGradient.values.pointer[j] += byLogSigma
        }
      }
    }
  }
}
