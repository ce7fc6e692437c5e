import LinearAlgebra
import Random
import Testing

import Agents

#if canImport(Glibc)
  import Glibc
#endif

/// A force given as a function of one row.
private final class FunctionForce: LeapfrogForce {
  let f: ([Double]) -> [Double]
  init(_ f: @escaping ([Double]) -> [Double]) { self.f = f }

  func evaluate(_ index: Int, at position: Matrix<Double>, into force: Matrix<Double>) {
    for row in 0..<position.rows {
      for (column, value) in f(position.row(row).array).enumerated() { force[row, column] = value }
    }
  }

  func backward(_ index: Int, forceGradient: Matrix<Double>, positionGradient: Matrix<Double>) {}
}

@Suite struct LeapfrogTests {
  /// A smooth gated force of the proposed form, for 2 dimensions: g the normalised gradient of a smooth Q, σ and T smooth.
  private let proposed = FunctionForce { a in
    let gradient = [cos(2 * a[0]) + 0.3 * a[1], -sin(a[1]) + 0.3 * a[0] + 1.2]
    let norm = (gradient[0] * gradient[0] + gradient[1] * gradient[1]).squareRoot()
    let g = gradient.map { -$0 / norm }
    let gate = [1 / (1 + exp(-a[0] - g[1])), 1 / (1 + exp(0.5 * a[1] - a[0]))]
    let transform = [tanh(a[1] + g[0]), 0.8 * a[0] * a[1] - g[1]]
    return (0..<2).map { gate[$0] * g[$0] + (1 - gate[$0]) * transform[$0] }
  }
  /// −∇Q/α of a smooth Q, for the conventional leapfrog.
  private let conventional = FunctionForce { a in
    [-(cos(2 * a[0]) + 0.3 * a[1]) / 0.2, -(-sin(a[1]) + 0.3 * a[0]) / 0.2]
  }

  private func evolved(
    _ start: [Double], _ force: FunctionForce, _ boundary: Boundary, steps: Int = 3, stepSize: Double
  ) -> [Double] {
    let operatr = LeapfrogOperator<Double>(
      steps: steps, stepSize: stepSize, boundary: boundary, rows: 1, dimensions: 2)
    let position = Matrix([[start[0], start[1]]])
    let momentum = Matrix([[start[2], start[3]]])
    operatr.evolve(position: position, momentum: momentum, under: force)
    return position.row(0).array + momentum.row(0).array
  }

  private func starts(_ count: Int, _ range: Double) -> [[Double]] {
    var generator = SeededGenerator(seed: 21)
    return (0..<count).map { _ in
      [
        generator.uniform(-range, range), generator.uniform(-range, range), generator.uniform(-1.5, 1.5),
        generator.uniform(-1.5, 1.5),
      ]
    }
  }

  @Test(arguments: [Boundary.reflect, .latent])
  func `with the momentum turned round, the way back returns to the start`(_ boundary: Boundary) {
    for (force, stepSize) in [(proposed, 0.5), (conventional, 0.1)] {
      for start in starts(50, boundary == .latent ? 3 : 0.99) {
        let end = evolved(start, force, boundary, stepSize: stepSize)
        let back = evolved([end[0], end[1], -end[2], -end[3]], force, boundary, stepSize: stepSize)
        for (a, b) in zip(back, [start[0], start[1], -start[2], -start[3]]) { #expect(abs(a - b) < 1e-6) }
      }
    }
  }

  @Test(arguments: [Boundary.reflect, .latent])
  func `volume is preserved: the Jacobian determinant is one`(_ boundary: Boundary) {
    for (force, stepSize) in [(proposed, 0.5), (conventional, 0.1)] {
      for start in starts(50, boundary == .latent ? 3 : 0.99) {
        let h = 1e-6
        let columns = (0..<4).map { index -> [Double] in
          var above = start, below = start
          above[index] += h
          below[index] -= h
          let up = evolved(above, force, boundary, stepSize: stepSize)
          let down = evolved(below, force, boundary, stepSize: stepSize)
          return zip(up, down).map { ($0 - $1) / (2 * h) }
        }
        // A reflection turns two signs at once, position and momentum: the determinant stays +1.
        #expect(abs(determinant(columns) - 1) < 1e-6, "at \(start)")
      }
    }
  }

  @Test func `clip breaks reversibility at the wall, which is why the other boundaries exist`() {
    let wall = FunctionForce { _ in [0, 0] }
    let end = evolved([0.9, 0, 1, 0], wall, .clip, steps: 1, stepSize: 0.5)
    #expect(end == [1, 0, 1, 0])
    #expect(evolved([end[0], end[1], -end[2], -end[3]], wall, .clip, steps: 1, stepSize: 0.5)[0] == 0.5)
  }

  @Test func `the conventional leapfrog conserves energy to second order in the step on a quadratic Q`() {
    // Q = −2a₀² − a₁², α = 0.5: H = (2a₀² + a₁²)/0.5 + ½‖p‖².
    let force = FunctionForce { a in [4 * a[0] / 0.5, 2 * a[1] / 0.5] }
    func energy(_ x: [Double]) -> Double {
      (2 * x[0] * x[0] + x[1] * x[1]) / 0.5 + (x[2] * x[2] + x[3] * x[3]) / 2
    }
    let start = [0.3, -0.4, 0.5, 0.2]
    let errors = [(10, 0.04), (20, 0.02), (40, 0.01)].map { steps, stepSize in
      abs(energy(evolved(start, force, .latent, steps: steps, stepSize: stepSize)) - energy(start))
    }
    for (coarse, fine) in zip(errors, errors.dropFirst()) {
      #expect(coarse / fine > 3.5 && coarse / fine < 4.5, "halving ε must quarter the error: \(errors)")
    }
  }

  @Test func `reflection folds like a mirror at both walls, however far the step goes`() {
    // (moved, expected position, whether the momentum is turned): the line unfolded with period 4.
    let cases: [(Double, Double, Bool)] = [
      (0.4, 0.4, false), (1.25, 0.75, true), (-1.5, -0.5, true), (3.2, -0.8, false), (-3.4, 0.6, false), (5.5, 0.5, true),
    ]
    for (moved, expected, isTurned) in cases {
      let position = Matrix([[0.0]]), momentum = Matrix([[moved]]), factors = Matrix([[0.0]])
      position.drift(along: momentum, stepSize: 1, boundary: .reflect, factors: factors)
      #expect(abs(position[0, 0] - expected) < 1e-12)
      #expect(momentum[0, 0] == (isTurned ? -moved : moved) && factors[0, 0] == (isTurned ? -1 : 1))
    }
  }

  @Test func `the first leapfrog step is the three lines of equation 13, worked by hand`() {
    // F = (1, −2) everywhere; ε = 0.5; a = (0.2, −0.9), p = (0.4, 1).
    // p½ = (0.4 − 0.25, 1 + 0.5); a = (0.275, −0.15); p = (−0.1, 2).
    let end = evolved([0.2, -0.9, 0.4, 1], FunctionForce { _ in [1, -2] }, .clip, steps: 1, stepSize: 0.5)
    for (found, expected) in zip(end, [0.275, -0.15, -0.1, 2]) { #expect(abs(found - expected) < 1e-12) }
  }
}
