import LinearAlgebra
import NeuralNetworks
import Random
import RealModule

/// Parameters of a stack of radial flows; none depends on the state (SAC-NF, arXiv 1905.06893).
public struct RadialFlowParameters<S: Scalar> {
  /// `<i>/center` [d], `<i>/log_alpha` and `<i>/b`, flow 0 being applied first.
  public let parameters: ParameterSet<S>
  public let count: Int
  public let dimensions: Int

  public init(count: Int, dimensions: Int) {
    self.count = count
    self.dimensions = dimensions
    var shapes: [(name: String, shape: [Int])] = []
    for index in 0..<count {
      shapes += [("\(index)/center", [dimensions]), ("\(index)/log_alpha", []), ("\(index)/b", [])]
    }
    parameters = ParameterSet(shapes)
  }

  /// z₀ and a uniform in ±0.01; b such that β = 0: each flow starts as the identity.
  public func initialize<Generator: RandomNumberGenerator>(using generator: inout Generator) {
    for index in 0..<count {
      let center = center(index)
      for j in 0..<dimensions { center[j] = S(generator.uniform(-0.01, 0.01)) }
      let logAlpha = generator.uniform(-0.01, 0.01)
      scalars(index)[0] = S(logAlpha)
      // softplus(b) = α̂
      scalars(index)[1] = S(Double.log(Double.expMinusOne(Double.exp(logAlpha))))
    }
  }

  /// z₀ of a flow, [d].
  func center(_ index: Int) -> Vector<S> {
    parameters.values[index * (dimensions + 2)..<index * (dimensions + 2) + dimensions]
  }

  /// (a, b) of a flow.
  func scalars(_ index: Int) -> Vector<S> {
    parameters.values[index * (dimensions + 2) + dimensions..<(index + 1) * (dimensions + 2)]
  }

  func zeros() -> RadialFlowParameters { RadialFlowParameters(count: count, dimensions: dimensions) }
}

/// A stack of radial flows on a fixed number of rows, with what the way back needs.
///
///     z′ = z + β h (z − z₀)     h = 1/(α̂ + r)     r = ‖z − z₀‖     α̂ = eᵃ     β = −α̂ + softplus(b)
///     log|det| = (d − 1)·log(1 + βh) + log(1 + α̂βh²)
///
/// β > −α̂ for every a and b, which makes each flow invertible.
package final class RadialFlows<S: Scalar> {
  private let flows: RadialFlowParameters<S>
  package let gradients: RadialFlowParameters<S>
  /// z before each flow, and after the last, [rows, d].
  private let points: [Matrix<S>]

  package init(_ flows: RadialFlowParameters<S>, rows: Int) {
    self.flows = flows
    gradients = flows.zeros()
    points = (0...flows.count).map { _ in Matrix(rows: rows, columns: flows.dimensions) }
  }

  /// z after all flows, of the last ``forward(_:logDensity:)``.
  package var output: Matrix<S> { points[flows.count] }

  /// What is trained, and where the gradients are.
  package var trained: ParameterGradient<S> { ParameterGradient("flow", flows.parameters, gradient: gradients.parameters) }

  /// Sends z through the flows and takes their log-determinants off the density.
  /// - Parameters:
  ///   - z: [rows, d].
  ///   - logDensity: log-density of z, turned into that of ``output``, [rows].
  package func forward(_ z: Matrix<S>, logDensity: Vector<S>) {
    points[0].copy(from: z)
    for index in 0..<flows.count { forward(index, logDensity) }
  }

  /// Back through ``forward(_:logDensity:)``, parameter gradients going to ``gradients``.
  /// - Parameters:
  ///   - gradient: ∂L/∂output, turned into ∂L/∂z.
  ///   - logDensityScale: ∂L/∂(log-density of the output), the same for every row.
  package func backward(_ gradient: Matrix<S>, logDensityScale: S) {
    gradients.parameters.values.fill(0)
    for index in stride(from: flows.count - 1, through: 0, by: -1) { backward(index, gradient, -logDensityScale) }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func forward(_ index: Int, _ logDensity: Vector<S>) {
    let d = flows.dimensions
    let center = flows.center(index).pointer
    let (alpha, beta) = shape(index)
    let (before, after) = (points[index], points[index + 1])
    for row in 0..<before.rows {
      let z = before.pointer + row * d
      let r = distance(z, center, d)
      let h = 1 / (alpha + r)
      for j in 0..<d { after.pointer[row * d + j] = z[j] + beta * h * (z[j] - center[j]) }
      logDensity.pointer[row] -= S(d - 1) * S.log(onePlus: beta * h) + S.log(onePlus: alpha * beta * h * h)
    }
  }

  // With δ = z − z₀, λ = ∂L/∂z′, c = ∂L/∂log|det|, u = 1 + βh, v = 1 + α̂βh²:
  // ∂L/∂h = β λ·δ + c((d−1)β/u + 2α̂βh/v)      ∂L/∂r = −h² ∂L/∂h      ∂L/∂δ = βhλ + ∂L/∂r·δ/r
  // ∂L/∂β = h λ·δ + c((d−1)h/u + α̂h²/v)       ∂L/∂α̂ = cβh²/v − h² ∂L/∂h − ∂L/∂β
  // ∂L/∂z = λ + ∂L/∂δ      ∂L/∂z₀ = −∂L/∂δ      ∂L/∂a = α̂ ∂L/∂α̂      ∂L/∂b = ∂L/∂β / (1 + e⁻ᵇ)
  @specialized(where S == Float)
  @specialized(where S == Double)
  private func backward(_ index: Int, _ gradient: Matrix<S>, _ c: S) {
    let d = flows.dimensions
    let center = flows.center(index).pointer
    let (alpha, beta) = shape(index)
    let b = flows.scalars(index).pointer[1]
    let centerGradient = gradients.center(index).pointer
    var alphaSum: S = 0
    var betaSum: S = 0
    for row in 0..<gradient.rows {
      let z = points[index].pointer + row * d
      let lambda = gradient.pointer + row * gradient.stride
      let r = distance(z, center, d)
      let h = 1 / (alpha + r)
      var along: S = 0
      for j in 0..<d { along += lambda[j] * (z[j] - center[j]) }
      let u = 1 + beta * h
      let v = 1 + alpha * beta * h * h
      let byH = beta * along + c * (S(d - 1) * beta / u + 2 * alpha * beta * h / v)
      let byBeta = h * along + c * (S(d - 1) * h / u + alpha * h * h / v)
      let byR = -h * h * byH
      alphaSum += c * beta * h * h / v + byR - byBeta
      betaSum += byBeta
      for j in 0..<d {
        let byDelta = beta * h * lambda[j] + (r > 0 ? byR * (z[j] - center[j]) / r : 0)
        centerGradient[j] -= byDelta
        lambda[j] += byDelta
      }
    }
    gradients.scalars(index).pointer[0] = alpha * alphaSum
    gradients.scalars(index).pointer[1] = betaSum / (1 + S.exp(-b))
  }

  /// α̂ and β of a flow.
  @inline(__always)
  private func shape(_ index: Int) -> (alpha: S, beta: S) {
    let scalars = flows.scalars(index).pointer
    let alpha = S.exp(scalars[0])
    let softplus = max(scalars[1], 0) + S.log(onePlus: S.exp(-abs(scalars[1])))
    return (alpha, softplus - alpha)
  }

  @inline(__always)
  private func distance(_ z: UnsafeMutablePointer<S>, _ center: UnsafeMutablePointer<S>, _ d: Int) -> S {
    var sum: S = 0
    for j in 0..<d { sum += (z[j] - center[j]) * (z[j] - center[j]) }
    return sum.squareRoot()
  }
}
