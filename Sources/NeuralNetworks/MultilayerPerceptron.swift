import LinearAlgebra
import Random

/// A fully connected network: affine layers with one activation between them and a linear output. Hidden layers may be normalised
/// before their activation.
///
/// A gradient is a perceptron of the same sizes; activations live in a ``Tape``, so one network can serve several threads.
public final class MultilayerPerceptron<S: Scalar> {
  /// Inputs, hidden sizes, outputs.
  public let sizes: [Int]
  public let activation: Activation
  public let parameters: ParameterSet<S>
  public let layers: [Linear<S>]
  /// One for each hidden layer, or none.
  public let normalizations: [LayerNormalization<S>]

  /// All parameters zero.
  /// - Parameter normalized: whether hidden layers are normalised; such a layer has a `scale` and a `shift` after its weight and bias.
  public init(sizes: [Int], activation: Activation, normalized: Bool = false) {
    demand(sizes.count >= 2 && sizes.allSatisfy { $0 > 0 }, "a perceptron needs positive sizes, not \(sizes)")
    self.sizes = sizes
    self.activation = activation
    let last = sizes.count - 2
    var shapes: [(name: String, shape: [Int])] = []
    for layer in 0...last {
      shapes.append(("\(layer)/weight", [sizes[layer + 1], sizes[layer]]))
      shapes.append(("\(layer)/bias", [sizes[layer + 1]]))
      if normalized && layer < last {
        shapes += [("\(layer)/scale", [sizes[layer + 1]]), ("\(layer)/shift", [sizes[layer + 1]])]
      }
    }
    let parameters = ParameterSet<S>(shapes)
    self.parameters = parameters
    let tensorsPerLayer = normalized ? 4 : 2
    func values(_ layer: Int, _ part: Int) -> Vector<S> {
      parameters.values(of: parameters.tensors[tensorsPerLayer * layer + part])
    }
    layers = (0...last).map { layer in
      Linear(weight: values(layer, 0).matrix(rows: sizes[layer + 1], columns: sizes[layer]), bias: values(layer, 1))
    }
    normalizations = normalized ? (0..<last).map { LayerNormalization(scale: values($0, 2), shift: values($0, 3)) } : []
  }

  /// Every layer uniform in ±1/√inputs; normalisations change nothing but mean and variance.
  public convenience init<Generator: RandomNumberGenerator>(
    sizes: [Int], activation: Activation, normalized: Bool = false, using generator: inout Generator
  ) {
    self.init(sizes: sizes, activation: activation, normalized: normalized)
    for layer in layers { layer.initialize(using: &generator) }
    for normalization in normalizations { normalization.scale.fill(1) }
  }

  public var inputs: Int { layers[0].inputs }
  public var outputs: Int { layers[layers.count - 1].outputs }

  public var isNormalized: Bool { !normalizations.isEmpty }

  /// Zeros of the same sizes: where a gradient goes.
  public func zeros() -> MultilayerPerceptron { MultilayerPerceptron(sizes: sizes, activation: activation, normalized: isNormalized) }

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
    let normalizations: [LayerNormalization<S>.Memory]
    /// [rows, outputs].
    public let output: Matrix<S>

    public init(_ network: MultilayerPerceptron, rows: Int) {
      let hiddenSizes = network.sizes[1..<network.sizes.count - 1]
      input = Matrix(rows: 0, columns: network.inputs)
      hidden = hiddenSizes.map { Matrix(rows: rows, columns: $0) }
      hiddenGradients = hiddenSizes.map { Matrix(rows: rows, columns: $0) }
      normalizations = network.normalizations.map { LayerNormalization.Memory(rows: rows, units: $0.units) }
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
      if isNormalized {
        layers[index].forward(x, into: tape.normalizations[index].standardized)
        normalizations[index].forward(tape.normalizations[index], into: tape.hidden[index], activation: activation)
      } else {
        layers[index].forward(x, into: tape.hidden[index], activation: activation)
      }
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
      if isNormalized {
        gradient.normalizations[index - 1].setGradient(outputGradient: outputGradient, tape.normalizations[index - 1])
        normalizations[index - 1].backward(outputGradient, tape.normalizations[index - 1])
      }
      delta = outputGradient
    }
    gradient.layers[0].setGradient(outputGradient: delta, input: tape.input)
    if let inputGradient { layers[0].setInputGradient(inputGradient, outputGradient: delta) }
  }
}
