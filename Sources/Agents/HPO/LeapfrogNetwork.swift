import LinearAlgebra
import NeuralNetworks

/// T_h or σ_h over the K + 1 evaluations of a trajectory: one hidden ELU layer, inputs [s?, a, g] of which s stays.
///
/// On the way back the share of s and the biases in the gradient is collected over all evaluations and multiplied out once.
final class LeapfrogNetwork<S: Scalar> {
  let network: MultilayerPerceptron<S>
  private let outputActivation: Activation
  private let first: PartlyFixedLayer<S>
  private let actionSize: Int
  private let hidden: [Matrix<S>]
  private let hiddenGradient: Matrix<S>
  private let hiddenGradientSum: Matrix<S>
  /// Of each evaluation, [rows, actions].
  let outputs: [Matrix<S>]

  /// - Parameter outputActivation: `.sigmoid` for σ_h, `.identity` for T_h.
  init(
    _ network: MultilayerPerceptron<S>, outputActivation: Activation, stateSize: Int, actionSize: Int, evaluations: Int,
    rows: Int
  ) {
    self.network = network
    self.outputActivation = outputActivation
    self.actionSize = actionSize
    first = PartlyFixedLayer(network.layers[0], fixedInputs: stateSize, rows: rows)
    hidden = (0..<evaluations).map { _ in Matrix(rows: rows, columns: network.sizes[1]) }
    outputs = (0..<evaluations).map { _ in Matrix(rows: rows, columns: actionSize) }
    hiddenGradient = Matrix(rows: rows, columns: network.sizes[1])
    hiddenGradientSum = Matrix(rows: rows, columns: network.sizes[1])
  }

  func prepare(observations: Matrix<S>) { first.prepare(fixed: observations) }

  /// - Parameter input: [a, g], [rows, 2·actions].
  func evaluate(_ index: Int, input: Matrix<S>) {
    first.forward(varying: input, into: hidden[index], activation: network.activation)
    network.layers[1].forward(hidden[index], into: outputs[index], activation: outputActivation)
  }

  /// Starts a new gradient.
  func beginBackward(gradient: MultilayerPerceptron<S>) {
    hiddenGradientSum.fill(0)
    gradient.parameters.values.fill(0)
  }

  /// - Parameters:
  ///   - outputGradient: ∂L/∂output of evaluation `index`; changed on the way.
  ///   - positionGradient: ∂L/∂a is added to it.
  func backward(
    _ index: Int, outputGradient: Matrix<S>, input: Matrix<S>, gradient: MultilayerPerceptron<S>,
    positionGradient: Matrix<S>
  ) {
    outputActivation.multiplyByDerivative(outputGradient, output: outputs[index])
    gradient.layers[1].setGradient(outputGradient: outputGradient, input: hidden[index], accumulating: true)
    network.layers[1].setInputGradient(hiddenGradient, outputGradient: outputGradient)
    network.activation.multiplyByDerivative(hiddenGradient, output: hidden[index])
    hiddenGradientSum.add(hiddenGradient)
    let stateSize = first.fixedInputs
    gradient.layers[0].weight.columns(stateSize..<first.layer.inputs)
      .setProduct(hiddenGradient.transposed, input, from: .result)
    positionGradient.setProduct(
      hiddenGradient, network.layers[0].weight.columns(stateSize..<stateSize + actionSize), from: .result)
  }

  /// Adds the share of what stayed the same in every evaluation.
  func finishBackward(observations: Matrix<S>, gradient: MultilayerPerceptron<S>) {
    if first.fixedInputs > 0 {
      gradient.layers[0].weight.columns(0..<first.fixedInputs).setProduct(hiddenGradientSum.transposed, observations)
    }
    hiddenGradientSum.sumRows(into: gradient.layers[0].bias)
  }
}
