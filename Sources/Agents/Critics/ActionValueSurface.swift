import LinearAlgebra

/// An ``ActionValue`` that remembers at which actions it was evaluated: whoever needs its values or their gradient says where, and need not
/// know whether somebody else has asked already.
package final class ActionValueSurface<S: Scalar> {
  private let function: any ActionValue<S>
  private let evaluatedActions: Matrix<S>
  private let gradient: Matrix<S>
  private var progress = Progress.none

  /// What is known at the present states.
  private enum Progress { case none, values, gradient }

  package init(_ function: any ActionValue<S>, actionSize: Int, rows: Int) {
    self.function = function
    evaluatedActions = Matrix(rows: rows, columns: actionSize)
    gradient = Matrix(rows: rows, columns: actionSize)
  }

  /// Sets the states, [rows, observations], that the following evaluations are about. What was evaluated before is forgotten: critics
  /// and the memory behind `observations` may have changed.
  package func begin(at observations: Matrix<S>) {
    progress = .none
    function.begin(at: observations)
  }

  /// Evaluates actions, [rows, actions]; does nothing where the last evaluation was at the same ones.
  package func evaluate(actions: Matrix<S>) {
    if progress != .none && evaluatedActions.equals(actions) { return }
    evaluatedActions.copy(from: actions)
    function.evaluate(actions: actions)
    progress = .values
  }

  /// [rows], of the last evaluation.
  package var values: Vector<S> {
    demand(progress != .none, "a surface was asked for values before it was evaluated at these states")
    return function.values
  }

  /// ∇ₐ of the values of the last evaluation, [rows, actions].
  package var actionGradient: Matrix<S> {
    demand(progress != .none, "a surface was asked for a gradient before it was evaluated at these states")
    if progress == .values { function.actionGradient(into: gradient) }
    progress = .gradient
    return gradient
  }
}

extension Matrix {
  /// Whether every number is the same; NaN is no number's equal.
  @specialized(where S == Float)
  @specialized(where S == Double)
  fileprivate func equals(_ other: Matrix) -> Bool {
    demand(other.rows == rows && other.columns == columns, "comparing \(other.shape) with \(shape)")
    for row in 0..<rows {
      let x = pointer + row * stride
      let y = other.pointer + row * other.stride
      for column in 0..<columns where x[column] != y[column] { return false }
    }
    return true
  }
}
