import LinearAlgebra

/// The conventional leapfrog's force (paper eq. 9): F = −∇Q/α, un-normalised, no networks. It is treated as a constant on the
/// way back, always.
final class ConventionalForce<S: Scalar>: LeapfrogForce {
  private let field: ActionValueField<S>
  private let temperature: Temperature

  init(_ field: ActionValueField<S>, temperature: Temperature) {
    self.field = field
    self.temperature = temperature
  }

  func prepare(observations: Matrix<S>) { field.surface.prepare(observations: observations) }

  func evaluate(_ index: Int, at position: Matrix<S>, into force: Matrix<S>) {
    field.evaluate(at: position)
    force.set(field.gradient, scaledBy: S(-1 / temperature.alpha))
  }

  func backward(_ index: Int, forceGradient: Matrix<S>, positionGradient: Matrix<S>) {}
}
