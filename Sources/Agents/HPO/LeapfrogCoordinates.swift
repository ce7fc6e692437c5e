import LinearAlgebra

/// What the leapfrog moves, and ∇Q with respect to it: the action itself (``BoxCoordinates``) or u with a = tanh u
/// (``LatentCoordinates``).
package protocol LeapfrogCoordinates<S>: AnyObject {
  associatedtype S: Scalar
  /// Moved in place by the leapfrog, [rows, actions].
  var position: Matrix<S> { get }
  /// a at ``position``, once ``setAction()`` was called.
  var action: Matrix<S> { get }
  /// ∇Q with respect to the last evaluated position, [rows, actions].
  var gradient: Matrix<S> { get }

  /// `position` ← where the evolution of a₀ = tanh u₀ begins.
  func start(at latent: Matrix<S>, baseAction: Matrix<S>, into position: Matrix<S>)
  /// Evaluates Q and ``gradient`` at a position.
  func evaluate(at position: Matrix<S>)
  /// ``action`` ← a at ``position``.
  func setAction()
  /// density ← density − Σ log(1 − tanh²u) over each row, at the u where the objective takes it: u₀, or u_K of latent dynamics.
  func subtractSquashingCorrection(from density: Vector<S>, latent: Matrix<S>)
  /// ∂L/∂a_K → ∂L/∂position, in place, before the way back through the evolution.
  func actionToPosition(_ gradient: Matrix<S>, correctionScale: S)
  /// ∂L/∂(position before the evolution) → ∂L/∂u₀, in place.
  func positionToLatent(_ gradient: Matrix<S>, baseAction: Matrix<S>, correctionScale: S)
}

/// The leapfrog moves the action itself.
final class BoxCoordinates<S: Scalar>: LeapfrogCoordinates {
  private let surface: ActionValueSurface<S>
  let action: Matrix<S>
  var position: Matrix<S> { action }
  var gradient: Matrix<S> { surface.actionGradient }

  init(_ surface: ActionValueSurface<S>, actionSize: Int, rows: Int) {
    self.surface = surface
    action = Matrix(rows: rows, columns: actionSize)
  }

  func start(at latent: Matrix<S>, baseAction: Matrix<S>, into position: Matrix<S>) { position.copy(from: baseAction) }

  func evaluate(at position: Matrix<S>) { surface.evaluate(actions: position) }

  func setAction() {}

  func subtractSquashingCorrection(from density: Vector<S>, latent: Matrix<S>) {
    latent.subtractSquashingCorrection(from: density)
  }

  func actionToPosition(_ gradient: Matrix<S>, correctionScale: S) {}

  func positionToLatent(_ gradient: Matrix<S>, baseAction: Matrix<S>, correctionScale: S) {
    gradient.unsquashGradient(actions: baseAction, correctionScale: correctionScale)
  }
}

/// The leapfrog moves u, with a = tanh u: there are no walls. U = −Q(s, tanh u)/α, without a Jacobian's term.
final class LatentCoordinates<S: Scalar>: LeapfrogCoordinates {
  private let surface: ActionValueSurface<S>
  let position: Matrix<S>
  let action: Matrix<S>
  let gradient: Matrix<S>
  private let squashed: Matrix<S>

  init(_ surface: ActionValueSurface<S>, actionSize: Int, rows: Int) {
    self.surface = surface
    position = Matrix(rows: rows, columns: actionSize)
    action = Matrix(rows: rows, columns: actionSize)
    gradient = Matrix(rows: rows, columns: actionSize)
    squashed = Matrix(rows: rows, columns: actionSize)
  }

  func start(at latent: Matrix<S>, baseAction: Matrix<S>, into position: Matrix<S>) { position.copy(from: latent) }

  func evaluate(at position: Matrix<S>) {
    squashed.setSquashed(position)
    surface.evaluate(actions: squashed)
    gradient.copy(from: surface.actionGradient)
    gradient.multiplyByTanhDerivative(output: squashed)
  }

  func setAction() { action.setSquashed(position) }

  func subtractSquashingCorrection(from density: Vector<S>, latent: Matrix<S>) {
    position.subtractSquashingCorrection(from: density)
  }

  func actionToPosition(_ gradient: Matrix<S>, correctionScale: S) {
    gradient.unsquashGradient(actions: action, correctionScale: correctionScale)
  }

  func positionToLatent(_ gradient: Matrix<S>, baseAction: Matrix<S>, correctionScale: S) {}
}
