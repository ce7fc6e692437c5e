import LinearAlgebra
import Random

/// A fully connected network: affine layers with one activation between them and a linear output.
///
/// A gradient is a perceptron of the same sizes; activations live in a ``Tape``, so one network can serve several threads.
public final class MultilayerPerceptron<S: Scalar>: Sendable {
  /// Inputs, hidden sizes, outputs.
  public let sizes: [Int]
  public let activation: Activation
  public let parameters: ParameterSet<S>
  public let layers: [Linear<S>]

  /// All parameters zero.
  public init(sizes: [Int], activation: Activation) {
    demand(sizes.count >= 2 && sizes.allSatisfy { $0 > 0 }, "a perceptron needs positive sizes, not \(sizes)")
    self.sizes = sizes
    self.activation = activation
    var shapes: [(name: String, shape: [Int])] = []
    for layer in 0..<sizes.count - 1 {
      shapes.append(("\(layer)/weight", [sizes[layer + 1], sizes[layer]]))
      shapes.append(("\(layer)/bias", [sizes[layer + 1]]))
    }
    let parameters = ParameterSet<S>(shapes)
    self.parameters = parameters
    layers = (0..<sizes.count - 1).map { layer in
      let weight = parameters.tensors[2 * layer]
      return Linear(
        weight: parameters.values(of: weight).matrix(rows: weight.shape[0], columns: weight.shape[1]),
        bias: parameters.values(of: parameters.tensors[2 * layer + 1]))
    }
  }

  /// Every layer uniform in ±1/√inputs.
  public convenience init<Generator: RandomNumberGenerator>(
    sizes: [Int], activation: Activation, using generator: inout Generator
  ) {
    self.init(sizes: sizes, activation: activation)
    for layer in layers { layer.initialize(using: &generator) }
  }

  public var inputs: Int { layers[0].inputs }
  public var outputs: Int { layers[layers.count - 1].outputs }

  /// Zeros of the same sizes: where a gradient goes.
  public func zeros() -> MultilayerPerceptron { MultilayerPerceptron(sizes: sizes, activation: activation) }

  /// A network of its own with the same parameters.
  public func copy() -> MultilayerPerceptron {
    let copy = zeros()
    copy.parameters.values.copy(from: parameters.values)
    return copy
  }

  /// What a forward pass leaves for the backward pass, for a fixed number of rows.
  public final class Tape {
    /// The last input, a view of the caller's memory.
    var input: Matrix<S>
    /// Outputs of each hidden layer, after the activation.
    let hidden: [Matrix<S>]
    let hiddenGradients: [Matrix<S>]
    /// [rows, outputs].
    public let output: Matrix<S>

    public init(_ network: MultilayerPerceptron, rows: Int) {
      let hiddenSizes = network.sizes[1..<network.sizes.count - 1]
      input = Matrix(rows: 0, columns: network.inputs)
      hidden = hiddenSizes.map { Matrix(rows: rows, columns: $0) }
      hiddenGradients = hiddenSizes.map { Matrix(rows: rows, columns: $0) }
      output = Matrix(rows: rows, columns: network.outputs)
    }
  }

  /// Fills `tape`, whose `output` is the result.
  /// - Parameter input: [rows, inputs]; must stay as it is until the backward pass.
  public func forward(_ input: Matrix<S>, _ tape: Tape) {
    tape.input = input
    var x = input
    // By index: iterators of generic elements allocate.
    for index in 0..<tape.hidden.count {
      layers[index].forward(x, into: tape.hidden[index], activation: activation)
      x = tape.hidden[index]
    }
    layers[layers.count - 1].forward(x, into: tape.output)
  }

  /// Back-propagates through what `tape` holds.
  /// - Parameters:
  ///   - outputGradient: ∂L/∂output, [rows, outputs].
  ///   - gradient: receives ∂L/∂parameters.
  ///   - inputGradient: receives ∂L/∂input, [rows, inputs], when given.
  public func backward(
    outputGradient: Matrix<S>, _ tape: Tape, gradient: MultilayerPerceptron, inputGradient: Matrix<S>? = nil
  ) {
    var delta = outputGradient
    for index in stride(from: layers.count - 1, through: 1, by: -1) {
      gradient.layers[index].setGradient(outputGradient: delta, input: tape.hidden[index - 1])
      let (output, outputGradient) = (tape.hidden[index - 1], tape.hiddenGradients[index - 1])
      layers[index].setInputGradient(
        outputGradient, outputGradient: delta,
        finish: activation == .relu ? .keepWherePositive(output: output, rows: nil) : .nothing)
      if activation != .relu { activation.multiplyByDerivative(outputGradient, output: output) }
      delta = outputGradient
    }
    gradient.layers[0].setGradient(outputGradient: delta, input: tape.input)
    if let inputGradient { layers[0].setInputGradient(inputGradient, outputGradient: delta) }
  }
}
