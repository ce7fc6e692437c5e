import LinearAlgebra

extension Matrix {
  /// self ← clip(self + clip(deviation·ξ, ±limit), ±1): a target policy's actions, smoothed so that critics cannot be exploited at a
  /// narrow peak.
  /// - Parameters:
  ///   - noise: ξ, standard normal, of self's shape.
  ///   - limit: of the noise; ∞ where it is only cut to the box.
  /// - Source: Fujimoto et al. 2018, arXiv:1802.09477, equation 14.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package func addNoise(_ noise: Matrix, deviation: S, limit: S) {
    demand(noise.rows == rows && noise.columns == columns, "noise \(noise.shape) for actions \(shape)")
    for row in 0..<rows {
      let a = pointer + row * stride
      let xi = noise.pointer + row * noise.stride
      // NaN stays: both comparisons with it fail.
      for column in 0..<columns {
        let moved = a[column] + within(deviation * xi[column], limit)
        a[column] = within(moved, 1)
      }
    }
  }

  @inline(__always)
  private func within(_ x: S, _ limit: S) -> S { x < -limit ? -limit : (x > limit ? limit : x) }
}
