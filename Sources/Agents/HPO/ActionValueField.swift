import LinearAlgebra

/// ∇Q with respect to what the leapfrog moves: the action itself or, for `Boundary.latent`, u with a = tanh u.
final class ActionValueField<S: Scalar> {
  let surface: any ActionValue<S>
  private let movesLatent: Bool
  private let squashed: Matrix<S>
  /// ∇ₐQ at the last evaluated position, [rows, actions].
  let actionGradient: Matrix<S>
  private let latentGradient: Matrix<S>

  init(_ surface: any ActionValue<S>, boundary: Boundary, rows: Int, actionSize: Int) {
    self.surface = surface
    movesLatent = boundary == .latent
    squashed = Matrix(rows: rows, columns: actionSize)
    actionGradient = Matrix(rows: rows, columns: actionSize)
    latentGradient = Matrix(rows: rows, columns: actionSize)
  }

  /// Q and its gradients at `position`, [rows, actions].
  func evaluate(at position: Matrix<S>) {
    guard movesLatent else {
      surface.evaluate(actions: position)
      surface.actionGradient(into: actionGradient)
      return
    }
    squashed.setSquashed(position)
    surface.evaluate(actions: squashed)
    surface.actionGradient(into: actionGradient)
    latentGradient.copy(from: actionGradient)
    latentGradient.multiplyByTanhDerivative(output: squashed)
  }

  /// ∇Q with respect to the last evaluated position.
  var gradient: Matrix<S> { movesLatent ? latentGradient : actionGradient }
}
