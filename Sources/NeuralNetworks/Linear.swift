import LinearAlgebra
import Random

/// An affine layer, a view into a network's ``ParameterSet``; a gradient has the same form.
public struct Linear<S: Scalar> {
  /// [outputs, inputs].
  public let weight: Matrix<S>
  /// [outputs].
  public let bias: Vector<S>

  public init(weight: Matrix<S>, bias: Vector<S>) {
    demand(weight.rows == bias.count, "a weight \(weight.shape) does not go with a bias of \(bias.count)")
    self.weight = weight
    self.bias = bias
  }

  public var inputs: Int { weight.columns }
  public var outputs: Int { weight.rows }

  // y = x Wᵀ + b      x: [n, in]   W: [out, in]   y: [n, out]
  // ∂L/∂W = (∂L/∂y)ᵀ x    ∂L/∂b = Σₙ ∂L/∂y    ∂L/∂x = (∂L/∂y) W

  /// y ← f(start + x Wᵀ), starting from b unless told otherwise.
  public func forward(
    _ x: Matrix<S>, into y: Matrix<S>, activation: Activation = .identity, from start: ProductStart<S>? = nil
  ) {
    demand(x.columns == inputs, "a layer of \(inputs) inputs got \(x.columns) columns")
    y.setProduct(x, weight.transposed, from: start ?? .bias(bias), finish: activation == .relu ? .relu : .nothing)
    if activation != .relu { activation.apply(to: y) }
  }

  /// The gradient of a loss by this layer's parameters, `self` being where it goes.
  /// - Parameters:
  ///   - outputGradient: ∂L/∂y before the activation, [n, out].
  ///   - x: the layer's input, [n, in].
  public func setGradient(outputGradient: Matrix<S>, input x: Matrix<S>, accumulating: Bool = false) {
    weight.setProduct(outputGradient.transposed, x, from: accumulating ? .result : .zero)
    outputGradient.sumRows(into: bias, accumulating: accumulating)
  }

  /// ∂L/∂x ← finish((∂L/∂y) W).
  public func setInputGradient(
    _ inputGradient: Matrix<S>, outputGradient: Matrix<S>, finish: ProductFinish<S> = .nothing
  ) {
    inputGradient.setProduct(outputGradient, weight, from: .zero, finish: finish)
  }

  /// Uniform in ±1/√inputs, weights and biases, as PyTorch's `nn.Linear`.
  public func initialize<Generator: RandomNumberGenerator>(using generator: inout Generator) {
    let bound = 1 / Double(inputs).squareRoot()
    let weights = weight.elements
    for index in 0..<weights.count { weights[index] = S(generator.uniform(-bound, bound)) }
    for index in 0..<bias.count { bias[index] = S(generator.uniform(-bound, bound)) }
  }
}
