import LinearAlgebra
import NeuralNetworks

/// (Q₁ + Q₂)/2 + k·|Q₁ − Q₂|/2: an upper bound of Q for k > 0, a lower one for k < 0; −1 gives the smaller, 1 the larger critic.
///
/// Its gradient is (1 + k)/2 of the larger critic's and (1 − k)/2 of the smaller's, row by row.
package final class TwinBound<S: Scalar>: ActionValue {
  private let first: SingleCritic<S>
  private let second: SingleCritic<S>
  /// k.
  private let spread: S
  private let secondGradient: Matrix<S>
  package let values: Vector<S>

  package init(
    _ critic1: MultilayerPerceptron<S>, _ critic2: MultilayerPerceptron<S>, spread: Double, actionSize: Int, rows: Int
  ) {
    first = SingleCritic(critic1, actionSize: actionSize, rows: rows)
    second = SingleCritic(critic2, actionSize: actionSize, rows: rows)
    self.spread = S(spread)
    secondGradient = Matrix(rows: rows, columns: actionSize)
    values = Vector(count: rows)
  }

  /// The twins' mean less `pessimism` times their standard deviation, that of two values with one degree of freedom: |Q₁ − Q₂|/√2.
  package convenience init(
    _ critic1: MultilayerPerceptron<S>, _ critic2: MultilayerPerceptron<S>, pessimism: Double, actionSize: Int, rows: Int
  ) {
    self.init(critic1, critic2, spread: -pessimism * 2.0.squareRoot(), actionSize: actionSize, rows: rows)
  }

  package func begin(at observations: Matrix<S>) {
    first.begin(at: observations)
    second.begin(at: observations)
  }

  package func evaluate(actions: Matrix<S>) {
    first.evaluate(actions: actions)
    second.evaluate(actions: actions)
    setValues(first.values, second.values)
  }

  package func actionGradient(into gradient: Matrix<S>) {
    first.actionGradient(into: gradient)
    second.actionGradient(into: secondGradient)
    combine(gradient)
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func setValues(_ q1: Vector<S>, _ q2: Vector<S>) {
    for row in 0..<values.count {
      let (a, b) = (q1.pointer[row], q2.pointer[row])
      values.pointer[row] = (a + b) / 2 + spread * abs(a - b) / 2
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func combine(_ gradient: Matrix<S>) {
    for row in 0..<gradient.rows {
      let side: S = first.values.pointer[row] >= second.values.pointer[row] ? spread : -spread
      let line = gradient.pointer + row * gradient.stride
      let other = secondGradient.pointer + row * secondGradient.stride
      for column in 0..<gradient.columns { line[column] = (1 + side) / 2 * line[column] + (1 - side) / 2 * other[column] }
    }
  }
}
