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
    demand(fixedInputs >= 0 && fixedInputs < layer.inputs, "\(fixedInputs) of \(layer.inputs) inputs can not be fixed")
    self.layer = layer
    self.fixedInputs = fixedInputs
    fixedSum = Matrix(rows: rows, columns: layer.outputs)
  }

  /// The weights of the inputs that vary, [outputs, varying inputs].
  public var varyingWeight: Matrix<S> { layer.weight.columns(fixedInputs..<layer.inputs) }

  /// Keeps x₁ W₁ᵀ + b.
  /// - Parameter fixed: [rows, fixed inputs].
  public func prepare(fixed: Matrix<S>) {
    if fixedInputs > 0 {
      fixedSum.setProduct(fixed, layer.weight.columns(0..<fixedInputs).transposed)
    } else {
      fixedSum.fill(0)
    }
    fixedSum.add(bias: layer.bias)
  }

  /// y ← f(x₁ W₁ᵀ + b + x₂ W₂ᵀ).
  /// - Parameter varying: x₂, [rows, varying inputs].
  public func forward(varying: Matrix<S>, into y: Matrix<S>, activation: Activation) {
    y.copy(from: fixedSum)
    y.setProduct(varying, varyingWeight.transposed, accumulating: true)
    activation.apply(to: y)
  }
}
