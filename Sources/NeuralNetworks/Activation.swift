import LinearAlgebra

/// A function applied to each output of a layer. Derivatives are taken from the outputs, so inputs need not be kept.
public enum Activation: Sendable {
  case identity, relu, elu, sigmoid, tanh

  /// y ← f(y), in place.
  public func apply<S: Scalar>(to y: Matrix<S>) {
    switch self {
    case .identity: break
    case .relu: y.applyReLU()
    case .elu: y.applyELU()
    case .sigmoid: y.applySigmoid()
    case .tanh: y.applyTanh()
    }
  }

  /// δ ← δ ⊙ f′, with f′ taken at the inputs that gave `output`.
  public func multiplyByDerivative<S: Scalar>(_ gradient: Matrix<S>, output: Matrix<S>) {
    switch self {
    case .identity: break
    case .relu: gradient.multiplyByReLUDerivative(output: output)
    case .elu: gradient.multiplyByELUDerivative(output: output)
    case .sigmoid: gradient.multiplyBySigmoidDerivative(output: output)
    case .tanh: gradient.multiplyByTanhDerivative(output: output)
    }
  }
}
