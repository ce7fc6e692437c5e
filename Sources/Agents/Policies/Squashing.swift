import LinearAlgebra
import RealModule

// a = tanh u, and what it does to a density: log π(a) = log p(u) − Σ log(1 − tanh²u).
// Source: Haarnoja et al. 2018, arXiv:1801.01290, appendix C, eq. 21.
extension Matrix {
  /// self ← tanh(u).
  func setSquashed(_ u: Matrix) {
    copy(from: u)
    applyTanh()
  }

  /// density[r] ← density[r] − Σ log(1 − tanh²u) over row r of self, u; written as 2(log 2 − u − softplus(−2u)), which stays
  /// finite for large |u|.
  @specialized(where S == Float)
  @specialized(where S == Double)
  func subtractSquashingCorrection(from density: Vector<S>) {
    demand(density.count == rows, "densities of \(density.count) rows for \(shape)")
    let logTwo = S(0.693_147_180_559_945_3)
    for row in 0..<rows {
      let u = pointer + row * stride
      var sum: S = 0
      for column in 0..<columns {
        let x = -2 * u[column]
        let softplus = max(x, 0) + S.log(onePlus: S.exp(-abs(x)))
        sum += 2 * (logTwo - u[column] - softplus)
      }
      density.pointer[row] -= sum
    }
  }

  /// self ← self ⊙ (1 − a²) + 2·scale·a: the way back from a = tanh u to u, with the gradient of scale·(−Σ log(1 − tanh²u)),
  /// which is 2·scale·tanh u, added.
  @specialized(where S == Float)
  @specialized(where S == Double)
  func unsquashGradient(actions: Matrix, correctionScale scale: S) {
    demand(actions.rows == rows && actions.columns == columns, "actions \(actions.shape) for gradients \(shape)")
    for row in 0..<rows {
      let line = pointer + row * stride
      let a = actions.pointer + row * actions.stride
      for column in 0..<columns {
        line[column] = line[column] * (1 - a[column] * a[column]) + 2 * scale * a[column]
      }
    }
  }
}
