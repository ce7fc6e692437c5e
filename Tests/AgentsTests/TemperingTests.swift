import Agents
import LinearAlgebra
import Random
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct TemperingTests {
  /// F_j = w_j·sin(a_j + 0.5·a_{j+1}) with a derivative: a force that depends on the position.
  private final class SmoothForce: LeapfrogForce {
    private let position: [Matrix<Double>]
    let dimensions: Int

    init(evaluations: Int, rows: Int, dimensions: Int) {
      self.dimensions = dimensions
      position = (0..<evaluations).map { _ in Matrix(rows: rows, columns: dimensions) }
    }

    func evaluate(_ index: Int, at a: Matrix<Double>, into force: Matrix<Double>) {
      position[index].copy(from: a)
      for row in 0..<a.rows {
        for j in 0..<dimensions { force[row, j] = (1 + 0.3 * Double(j)) * sin(a[row, j] + 0.5 * a[row, (j + 1) % dimensions]) }
      }
    }

    func backward(_ index: Int, forceGradient: Matrix<Double>, positionGradient: Matrix<Double>) {
      let a = position[index]
      for row in 0..<a.rows {
        for j in 0..<dimensions {
          let next = (j + 1) % dimensions
          let slope = forceGradient[row, j] * (1 + 0.3 * Double(j)) * cos(a[row, j] + 0.5 * a[row, next])
          positionGradient[row, j] += slope
          positionGradient[row, next] += 0.5 * slope
        }
      }
    }
  }

  private struct Case: Sendable {
    var steps = 3
    var boundary = Boundary.unbounded
    var strength = 1.0
    var tempered = true
  }

  private func tempering(_ example: Case) -> Tempering<Double>? {
    guard example.tempered else { return nil }
    let tempering = Tempering<Double>(steps: example.steps)
    for step in 0..<example.steps { tempering.parameters.values[step] = 1.2 - 0.9 * Double(step) }
    return tempering
  }

  private static let cases: [Case] = [
    Case(), Case(steps: 1), Case(steps: 5, strength: 0.4), Case(boundary: .reflect), Case(boundary: .latent, strength: 2.5),
    Case(boundary: .clip), Case(strength: 3, tempered: false), Case(steps: 1, boundary: .reflect, tempered: false),
  ]

  @Test(arguments: cases.indices)
  func `the way back through tempered and strengthened steps matches central differences`(_ index: Int) {
    let example = Self.cases[index]
    let tempering = tempering(example)
    let leapfrog = LeapfrogOperator<Double>(
      steps: example.steps, stepSize: 0.4, boundary: example.boundary, strength: example.strength, tempering: tempering, rows: 3,
      dimensions: 2)
    let force = SmoothForce(evaluations: example.steps + 1, rows: 3, dimensions: 2)
    var generator = SeededGenerator(seed: 8)
    let start = (position: Matrix<Double>(rows: 3, columns: 2), momentum: Matrix<Double>(rows: 3, columns: 2))
    start.position.elements.fillUniform(-0.9, 0.9, using: &generator)
    start.momentum.elements.fillUniform(-2, 2, using: &generator)
    let weights = (0..<2).map { _ in Matrix<Double>(rows: 3, columns: 2) }
    for matrix in weights { matrix.elements.fillUniform(-1, 1, using: &generator) }
    // A loss of a_K, p_K and, per row with the weight 0.7, the log-determinant.
    func loss() -> Double {
      let (position, momentum) = (Matrix<Double>(rows: 3, columns: 2), Matrix<Double>(rows: 3, columns: 2))
      position.copy(from: start.position)
      momentum.copy(from: start.momentum)
      leapfrog.evolve(position: position, momentum: momentum, under: force)
      let sum = zip(position.elements.array + momentum.elements.array, weights[0].elements.array + weights[1].elements.array)
        .map { $0.0 * $0.1 }.reduce(0, +)
      return sum + 3 * 0.7 * leapfrog.logDeterminant
    }
    _ = loss()
    let (byPosition, byMomentum) = (Matrix<Double>(rows: 3, columns: 2), Matrix<Double>(rows: 3, columns: 2))
    byPosition.copy(from: weights[0])
    byMomentum.copy(from: weights[1])
    leapfrog.backward(positionGradient: byPosition, momentumGradient: byMomentum, logDeterminantGradient: 3 * 0.7, under: force)
    expectGradient(byPosition.elements, of: loss, at: start.position.elements, "a₀")
    expectGradient(byMomentum.elements, of: loss, at: start.momentum.elements, "p₀")
    #expect(leapfrog.trained.map(\.name) == (example.tempered ? ["tempering"] : []))
    for trained in leapfrog.trained { expectGradient(trained.gradient.values, of: loss, at: trained.parameters.values, "w") }
  }

  @Test(arguments: [Boundary.reflect, .latent, .unbounded])
  func `the logarithm of the Jacobian's determinant, by differences, is d·Σ log τ`(_ boundary: Boundary) {
    let tempering = tempering(Case())
    let leapfrog = LeapfrogOperator<Double>(
      steps: 3, stepSize: 0.5, boundary: boundary, strength: 1.7, tempering: tempering, rows: 1, dimensions: 2)
    let force = SmoothForce(evaluations: 4, rows: 1, dimensions: 2)
    func end(_ x: [Double]) -> [Double] {
      let (position, momentum) = (Matrix([[x[0], x[1]]]), Matrix([[x[2], x[3]]]))
      leapfrog.evolve(position: position, momentum: momentum, under: force)
      return position.row(0).array + momentum.row(0).array
    }
    let expected = 2 * [1.2, 0.3, -0.6].map { -log(1 + exp(-$0)) }.reduce(0, +)
    #expect(abs(leapfrog.logDeterminant - expected) < 1e-14)
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<20 {
      let start = (0..<4).map { _ in generator.uniform(-0.95, 0.95) }
      let columns = (0..<4).map { index -> [Double] in
        var (above, below) = (start, start)
        above[index] += 1e-6
        below[index] -= 1e-6
        return zip(end(above), end(below)).map { ($0 - $1) / 2e-6 }
      }
      #expect(abs(log(abs(determinant(columns))) - expected) < 1e-6, "at \(start)")
    }
  }

  @Test func `a step of the tempered leapfrog is four lines, worked by hand`() {
    // F = (1, −2)·2; ε = 0.5; a = (0.2, −0.9), p = (0.4, 1); τ = sigmoid(0) = ½.
    // p½ = (0.4 − 0.5, 1 + 1); a = (0.15, 0.1); p = ½(−0.6, 3).
    let tempering = Tempering<Double>(steps: 1)
    tempering.parameters.values[0] = 0
    final class ConstantForce: LeapfrogForce {
      func evaluate(_ index: Int, at position: Matrix<Double>, into force: Matrix<Double>) { force.copy(from: Matrix([[1, -2]])) }
      func backward(_ index: Int, forceGradient: Matrix<Double>, positionGradient: Matrix<Double>) {}
    }
    let leapfrog = LeapfrogOperator<Double>(
      steps: 1, stepSize: 0.5, boundary: .unbounded, strength: 2, tempering: tempering, rows: 1, dimensions: 2)
    let (position, momentum) = (Matrix([[0.2, -0.9]]), Matrix([[0.4, 1.0]]))
    leapfrog.evolve(position: position, momentum: momentum, under: ConstantForce())
    for (found, expected) in zip(position.row(0).array + momentum.row(0).array, [0.15, 0.1, -0.3, 1.5]) {
      #expect(abs(found - expected) < 1e-14)
    }
  }

  @Test func `factors stay numbers however far the log-odds go`() {
    let tempering = Tempering<Float>(steps: 2)
    for (odds, factor, logFactor) in [(Float(-1000), Float(0), Float(-1000)), (1000, 1, 0), (0, 0.5, -0.693_147_2)] {
      tempering.parameters.values[1] = odds
      #expect(tempering.factor(1) == factor && abs(tempering.logFactor(1) - logFactor) < 1e-6)
      // Algorithm 3 may go on beyond K: the last factor serves.
      #expect(tempering.factor(7) == factor)
    }
  }
}
