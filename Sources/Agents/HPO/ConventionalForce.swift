import LinearAlgebra

/// The conventional leapfrog's force (paper eq. 9): F = −∇Q/α, un-normalised, no networks. It is treated as a constant on the
/// way back, always.
final class ConventionalForce<S: Scalar>: LeapfrogForce {
  private let coordinates: any LeapfrogCoordinates<S>
  private let temperature: Temperature

  init(_ coordinates: any LeapfrogCoordinates<S>, temperature: Temperature) {
    self.coordinates = coordinates
    self.temperature = temperature
  }

  func evaluate(_ index: Int, at position: Matrix<S>, into force: Matrix<S>) {
    coordinates.evaluate(at: position)
    force.set(coordinates.gradient, scaledBy: S(-1 / temperature.alpha))
  }

  func backward(_ index: Int, forceGradient: Matrix<S>, positionGradient: Matrix<S>) {}
}
