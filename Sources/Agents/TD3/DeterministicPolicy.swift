import LinearAlgebra
import NeuralNetworks

/// a = tanh π(s), for a fixed number of states.
final class DeterministicPolicy<S: Scalar> {
  private let network: MultilayerPerceptron<S>
  private let gradient: MultilayerPerceptron<S>
  private let tape: MultilayerPerceptron<S>.Tape
  private let latentGradient: Matrix<S>
  /// [rows, actions].
  let action: Matrix<S>

  init(_ network: MultilayerPerceptron<S>, rows: Int) {
    self.network = network
    gradient = network.zeros()
    tape = MultilayerPerceptron.Tape(network, rows: rows)
    latentGradient = Matrix(rows: rows, columns: network.outputs)
    action = Matrix(rows: rows, columns: network.outputs)
  }

  /// - Parameter observations: [rows, observations]; must stay as it is until the backward pass.
  func act(at observations: Matrix<S>) {
    network.forward(observations, tape)
    action.setSquashed(tape.output)
  }

  /// ∂L/∂parameters of the last ``act(at:)``.
  /// - Parameter actionGradient: ∂L/∂a, [rows, actions].
  func backward(actionGradient: Matrix<S>) {
    latentGradient.copy(from: actionGradient)
    latentGradient.multiplyByTanhDerivative(output: action)
    network.backward(outputGradient: latentGradient, tape, gradient: gradient)
  }

  /// What is trained, and where ``backward(actionGradient:)`` leaves the gradient.
  var trained: ParameterGradient<S> { ParameterGradient("policy", network.parameters, gradient: gradient.parameters) }
}
