import LinearAlgebra
import NeuralNetworks

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
///
/// Where there is a ``Tempering``, p ← τ_k·p after the last line, between the two uses of F(a_{k+1}).
public final class LeapfrogOperator<S: Scalar> {
  public let steps: Int
  public let stepSize: S
  public let boundary: Boundary
  /// ε/2 times what F is multiplied by.
  private let kick: S
  private let tempering: Tempering<S>?
  private let force: Matrix<S>
  private let factors: [Matrix<S>]
  /// p before each tempering, [rows, dimensions].
  private let warmMomenta: [Matrix<S>]
  private let temperingGradient: Tempering<S>?

  /// - Parameters:
  ///   - strength: what F is multiplied by, in every half-step.
  ///   - tempering: of the momentum after each step.
  public init(
    steps: Int, stepSize: Double, boundary: Boundary, strength: Double = 1, tempering: Tempering<S>? = nil, rows: Int,
    dimensions: Int
  ) {
    self.steps = steps
    self.stepSize = S(stepSize)
    self.boundary = boundary
    self.tempering = tempering
    kick = S(stepSize) / 2 * S(strength)
    force = Matrix(rows: rows, columns: dimensions)
    factors = (0..<steps).map { _ in Matrix(rows: rows, columns: dimensions) }
    warmMomenta = tempering == nil ? [] : (0..<steps).map { _ in Matrix(rows: rows, columns: dimensions) }
    temperingGradient = tempering?.zeros()
  }

  var isTempered: Bool { tempering != nil }

  /// The tempering's parameters, where there are such, and where the way back leaves their gradient.
  public var trained: [ParameterGradient<S>] {
    guard let tempering, let temperingGradient else { return [] }
    return [ParameterGradient("tempering", tempering.parameters, gradient: temperingGradient.parameters)]
  }

  /// How far all steps carry a momentum of 1 that no force changes: K·ε without tempering.
  var reach: S {
    var (sum, factor): (S, S) = (0, 1)
    for step in 0..<steps {
      sum += stepSize * factor
      factor *= tempering?.factor(step) ?? 1
    }
    return sum
  }

  /// log|det| of all steps' Jacobian, the same for every row: d·Σ log τ_k, 0 without tempering.
  public var logDeterminant: S {
    guard let tempering else { return 0 }
    var sum: S = 0
    for step in 0..<steps { sum += tempering.logFactor(step) }
    return S(force.columns) * sum
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
    momentum.add(force, scaledBy: -kick)
    position.drift(along: momentum, stepSize: stepSize, boundary: boundary, factors: factors[step])
    field.evaluate(step + 1, at: position, into: force)
    momentum.add(force, scaledBy: -kick)
    if let tempering {
      warmMomenta[step].copy(from: momentum)
      momentum.set(warmMomenta[step], scaledBy: tempering.factor(step))
    }
  }

  /// Back through ``evolve(position:momentum:under:)``, in place: what comes in are ∂L/∂a_K and ∂L/∂p_K, what goes out ∂L/∂a₀
  /// and ∂L/∂p₀.
  /// - Parameter logDeterminantGradient: Σ over rows of ∂L/∂``logDeterminant``.
  public func backward(
    positionGradient: Matrix<S>, momentumGradient: Matrix<S>, logDeterminantGradient: S = 0, under field: some LeapfrogForce<S>
  ) {
    if steps == 0 { return }
    temperingGradient?.parameters.values.fill(0)
    // p_K = τ(p_{K−½} − ε/2·F(a_K)): the last evaluation closes the last step only, the first opens the first only; the others do
    // both, and between the two p is multiplied by τ, so ∂L/∂F there is −ε/2·(1 + τ)·∂L/∂p.
    temperBackward(steps - 1, momentumGradient, logDeterminantGradient)
    propagate(steps, momentumGradient, scale: -kick, positionGradient, field)
    for step in stride(from: steps - 1, through: 0, by: -1) {
      positionGradient.driftBackward(
        momentumGradient: momentumGradient, stepSize: stepSize, boundary: boundary, factors: factors[step])
      let isShared = step > 0
      let factor = isShared ? 1 + (tempering?.factor(step - 1) ?? 1) : 1
      propagate(step, momentumGradient, scale: -kick * factor, positionGradient, field)
      if isShared { temperBackward(step - 1, momentumGradient, logDeterminantGradient) }
    }
  }

  // p = τ·p₋      ∂L/∂p₋ = τ·∂L/∂p      ∂L/∂w = τ(1 − τ)·Σ ∂L/∂p ⊙ p₋ + d(1 − τ)·∂L/∂log|det|
  private func temperBackward(_ step: Int, _ momentumGradient: Matrix<S>, _ logDeterminantGradient: S) {
    guard let tempering, let gradient = temperingGradient else { return }
    let tau = tempering.factor(step)
    let index = tempering.index(step)
    let along = S(momentumGradient.sumOfProducts(with: warmMomenta[step]))
    gradient.parameters.values[index] += (1 - tau) * (tau * along + S(momentumGradient.columns) * logDeterminantGradient)
    momentumGradient.set(momentumGradient, scaledBy: tau)
  }

  private func propagate(
    _ index: Int, _ momentumGradient: Matrix<S>, scale: S, _ positionGradient: Matrix<S>, _ field: some LeapfrogForce<S>
  ) {
    force.set(momentumGradient, scaledBy: scale)
    field.backward(index, forceGradient: force, positionGradient: positionGradient)
  }
}

extension Matrix {
  /// Σ of the products of corresponding elements, in Double.
  @specialized(where S == Float)
  @specialized(where S == Double)
  fileprivate func sumOfProducts(with other: Matrix) -> Double {
    var sum = 0.0
    for row in 0..<rows {
      let line = pointer + row * stride
      let second = other.pointer + row * other.stride
      for column in 0..<columns { sum += Double(line[column] * second[column]) }
    }
    return sum
  }
}
