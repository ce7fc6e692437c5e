import LinearAlgebra

/// A layer evaluated many times while its first inputs stay the same: their share of the sum is computed once.
///
/// The leapfrog steps move only the action: through each first layer, s Wₛᵀ + b holds for all of them.
public final class PartlyFixedLayer<S: Scalar> {
  public let layer: Linear<S>
  /// How many of the layer's inputs, from the first, stay fixed; may be 0.
  public let fixedInputs: Int
  private let fixedSum: Matrix<S>

  public init(_ layer: Linear<S>, fixedInputs: Int, rows: Int) {
    demand(fixedInputs >= 0 && fixedInputs < layer.inputs, "\(fixedInputs) of \(layer.inputs) inputs cannot be fixed")
    self.layer = layer
    self.fixedInputs = fixedInputs
    fixedSum = Matrix(rows: rows, columns: layer.outputs)
  }

  /// The weights of the inputs that vary, [outputs, varying inputs].
  public var varyingWeight: Matrix<S> { layer.weight.columns(fixedInputs..<layer.inputs) }

  /// Keeps x₁ W₁ᵀ + b.
  /// - Parameter fixed: x₁, [rows, fixed inputs]; not looked at where there are none.
  public func prepare(fixed: Matrix<S>) {
    let inputs = fixedInputs > 0 ? fixed : fixed.columns(0..<0)
    fixedSum.setProduct(inputs, layer.weight.columns(0..<fixedInputs).transposed, from: .bias(layer.bias))
  }

  /// y ← f(x₁ W₁ᵀ + b + x₂ W₂ᵀ).
  /// - Parameter varying: x₂, [rows, varying inputs].
  public func forward(varying: Matrix<S>, into y: Matrix<S>, activation: Activation) {
    Linear(weight: varyingWeight, bias: layer.bias)
      .forward(varying, into: y, activation: activation, from: .matrix(fixedSum))
  }
}
