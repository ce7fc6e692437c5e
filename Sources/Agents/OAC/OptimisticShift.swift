import LinearAlgebra
import RealModule

extension Matrix {
  /// self ← Δ, how far optimism moves the mean of N(μ, σ²) before tanh:
  ///
  ///     g = (1 − ã²) ⊙ ∇ₐQ_UB(s, ã)      ã = tanh μ
  ///     Δ = √(2δ) · σ² ⊙ g / (‖σ ⊙ g‖₂ + 10⁻⁵)                       per row
  ///
  /// KL(N(μ + Δ, σ²) ‖ N(μ, σ²)) = δ·(n/(n + 10⁻⁵))² with n = ‖σ ⊙ g‖₂: the largest step up Q_UB that a divergence of δ allows.
  /// - Parameters:
  ///   - valueGradient: ∇ₐQ_UB at the mean actions, [rows, actions].
  ///   - meanActions: ã, [rows, actions].
  ///   - std: σ, [rows, actions].
  ///   - divergence: δ, nats.
  /// - Source: Ciosek et al. 2019, arXiv:1910.12807, proposition 7, with the official code's 10⁻⁵.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package func setOptimisticShift(valueGradient: Matrix, meanActions: Matrix, std: Matrix, divergence: Double) {
    demand(
      valueGradient.rows == rows && valueGradient.columns == columns && meanActions.rows == rows && std.rows == rows,
      "a shift \(shape) by a gradient \(valueGradient.shape)")
    let reach = S((2 * divergence).squareRoot())
    for row in 0..<rows {
      let shift = pointer + row * stride
      let slope = valueGradient.pointer + row * valueGradient.stride
      let a = meanActions.pointer + row * meanActions.stride
      let sigma = std.pointer + row * std.stride
      // σg first, and in units of its largest, so that no square overflows.
      var largest: S = 0
      for column in 0..<columns {
        shift[column] = sigma[column] * (1 - a[column] * a[column]) * slope[column]
        // Once NaN, always NaN: it is to show.
        if !largest.isNaN && !(abs(shift[column]) <= largest) { largest = abs(shift[column]) }
      }
      if largest == 0 { continue }
      var sum: S = 0
      for column in 0..<columns { sum += (shift[column] / largest) * (shift[column] / largest) }
      let norm = sum.squareRoot() + S(1e-5) / largest
      for column in 0..<columns { shift[column] = reach * sigma[column] * (shift[column] / largest) / norm }
    }
  }
}
