import LinearAlgebra

/// A force on the momentum that may depend on the position: F in p ← p − ε/2·F.
///
/// An evaluation has an index so that several can be kept at once for the way back.
public protocol LeapfrogForce<S>: AnyObject {
  associatedtype S: Scalar
  /// Sets the states, [rows, observations], that the following evaluations are about.
  func prepare(observations: Matrix<S>)
  /// force ← F(position), [rows, dimensions].
  func evaluate(_ index: Int, at position: Matrix<S>, into force: Matrix<S>)
  /// Back through evaluation `index`: adds ∂L/∂position to `positionGradient`, given ∂L/∂F.
  func backward(_ index: Int, forceGradient: Matrix<S>, positionGradient: Matrix<S>)
  /// Comes before the first ``backward(_:forceGradient:positionGradient:)`` of a trajectory.
  func beginBackward()
  /// Comes after the last; for gradients of the force's own parameters.
  func finishBackward(observations: Matrix<S>)
  /// The force's own parameters, and where their gradients are.
  var trained: [ParameterGradient<S>] { get }
}

/// What a force without states and parameters has no use for.
extension LeapfrogForce {
  public func prepare(observations: Matrix<S>) {}
  public func beginBackward() {}
  public func finishBackward(observations: Matrix<S>) {}
  public var trained: [ParameterGradient<S>] { [] }
}

/// K leapfrog steps of Hamiltonian dynamics (paper eq. 7, 9 and 13; Algorithm 2, lines 3 to 7):
///
///     p_{k+½} = p_k     − ε/2 · F(a_k)
///     a_{k+1} = a_k     + ε · p_{k+½}           then the boundary's rule
///     p_{k+1} = p_{k+½} − ε/2 · F(a_{k+1})
///
/// Each line moves one of a and p by an amount that depends on the other: unit Jacobian, so the density of (a_K, p_K) is that of
/// (a₀, p₀). F(a_{k+1}) closes step k and opens step k + 1: K + 1 evaluations in all.
public final class LeapfrogOperator<S: Scalar> {
  public let steps: Int
  public let stepSize: S
  public let boundary: Boundary
  private let force: Matrix<S>
  private let factors: [Matrix<S>]

  public init(steps: Int, stepSize: Double, boundary: Boundary, rows: Int, dimensions: Int) {
    self.steps = steps
    self.stepSize = S(stepSize)
    self.boundary = boundary
    force = Matrix(rows: rows, columns: dimensions)
    factors = (0..<steps).map { _ in Matrix(rows: rows, columns: dimensions) }
  }

  /// Moves `position` and `momentum`, both [rows, dimensions], in place by all steps.
  public func evolve(position: Matrix<S>, momentum: Matrix<S>, under field: some LeapfrogForce<S>) {
    if steps == 0 { return }
    begin(at: position, under: field)
    for step in 0..<steps { advance(step, position: position, momentum: momentum, under: field) }
  }

  /// Evaluates the force at the start; then ``advance(_:position:momentum:under:)`` takes one step at a time.
  func begin(at position: Matrix<S>, under field: some LeapfrogForce<S>) {
    field.evaluate(0, at: position, into: force)
  }

  /// Takes step number `step`, counted from 0.
  func advance(_ step: Int, position: Matrix<S>, momentum: Matrix<S>, under field: some LeapfrogForce<S>) {
    momentum.add(force, scaledBy: -stepSize / 2)
    position.drift(along: momentum, stepSize: stepSize, boundary: boundary, factors: factors[step])
    field.evaluate(step + 1, at: position, into: force)
    momentum.add(force, scaledBy: -stepSize / 2)
  }

  /// Back through ``evolve(position:momentum:under:)``, in place: what comes in are ∂L/∂a_K and ∂L/∂p_K, what goes out ∂L/∂a₀
  /// and ∂L/∂p₀.
  public func backward(
    positionGradient: Matrix<S>, momentumGradient: Matrix<S>, under field: some LeapfrogForce<S>
  ) {
    if steps == 0 { return }
    // p_K = p_{K−½} − ε/2·F(a_K): the last evaluation closes the last step only, the first opens the first only; the others do
    // both, and p passes unchanged between, so ∂L/∂F there is −ε·∂L/∂p.
    propagate(steps, momentumGradient, scale: -stepSize / 2, positionGradient, field)
    for step in stride(from: steps - 1, through: 0, by: -1) {
      positionGradient.driftBackward(
        momentumGradient: momentumGradient, stepSize: stepSize, boundary: boundary, factors: factors[step])
      propagate(step, momentumGradient, scale: step == 0 ? -stepSize / 2 : -stepSize, positionGradient, field)
    }
  }

  private func propagate(
    _ index: Int, _ momentumGradient: Matrix<S>, scale: S, _ positionGradient: Matrix<S>, _ field: some LeapfrogForce<S>
  ) {
    force.set(momentumGradient, scaledBy: scale)
    field.backward(index, forceGradient: force, positionGradient: positionGradient)
  }
}
