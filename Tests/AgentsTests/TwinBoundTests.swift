import Agents
import LinearAlgebra
import NeuralNetworks
import Random
import TestSupport
import Testing

/// Bounds of Q from two critics, optimistic and pessimistic, and what optimism makes of the first.
@Suite struct TwinBoundTests {
  private let critics: [MultilayerPerceptron<Double>]
  private let observations = Matrix<Double>(rows: 9, columns: 3)
  private let actions = Matrix<Double>(rows: 9, columns: 2)

  init() {
    var generator = SeededGenerator(seed: 6)
    critics = (0..<2).map { _ in MultilayerPerceptron(sizes: [5, 12, 12, 1], activation: .relu, using: &generator) }
    observations.elements.fillUniform(-1, 1, using: &generator)
    actions.elements.fillUniform(-1, 1, using: &generator)
    // Some rows have the one smaller, some the other.
    let differences = zip(q(critics[0]), q(critics[1])).map { $0 - $1 }.sorted()
    critics[1].layers[2].bias[0] += differences[4] + 1e-3
  }

  private func q(_ critic: MultilayerPerceptron<Double>) -> [Double] {
    let input = Matrix<Double>(rows: 9, columns: 5)
    input.columns(0..<3).copy(from: observations)
    input.columns(3..<5).copy(from: actions)
    let tape = MultilayerPerceptron.Tape(critic, rows: 9)
    critic.forward(input, tape)
    return tape.output.elements.array
  }

  @Test(arguments: [-1, 1, 0, 4.66, -2.5 * 2.0.squareRoot()])
  func `the bound is the critics' mean and a share of their distance, its gradient that of every row's own mixture`(_ spread: Double) {
    let bound = TwinBound(critics[0], critics[1], spread: spread, actionSize: 2, rows: 9)
    func total() -> Double {
      bound.begin(at: observations)
      bound.evaluate(actions: actions)
      return bound.values.sum()
    }
    _ = total()
    let (first, second) = (q(critics[0]), q(critics[1]))
    #expect(zip(first, second).contains { $0 > $1 } && zip(first, second).contains { $0 < $1 })
    for row in 0..<9 {
      let expected = (first[row] + second[row]) / 2 + spread * abs(first[row] - second[row]) / 2
      #expect(abs(bound.values[row] - expected) < 1e-13)
    }
    let gradient = Matrix<Double>(rows: 9, columns: 2)
    bound.actionGradient(into: gradient)
    expectGradient(gradient.elements, of: total, at: actions.elements)
  }

  @Test func `a spread of −1 is the smaller critic, of 1 the larger`() {
    for (spread, choose) in [(-1.0, { min($0, $1) }), (1, { max($0, $1) })] as [(Double, (Double, Double) -> Double)] {
      let bound = TwinBound(critics[0], critics[1], spread: spread, actionSize: 2, rows: 9)
      bound.begin(at: observations)
      bound.evaluate(actions: actions)
      for (found, (a, b)) in zip(bound.values.array, zip(q(critics[0]), q(critics[1]))) { #expect(abs(found - choose(a, b)) < 1e-13) }
    }
  }

  // n is the size of σ ⊙ g: from far below the 10⁻⁵ in the formula to where its square would overflow.
  @Test(arguments: [1e-9, 1e-5, 1e-2, 1, 1e6, 1e170])
  func `optimism's shift has the divergence δ·(n/(n + 1e-5))²`(_ size: Double) {
    let (d, delta) = (3, 23.53)
    var generator = SeededGenerator(seed: 4)
    let (slope, mean, std, shift) = (
      Matrix<Double>(rows: 5, columns: d), Matrix<Double>(rows: 5, columns: d), Matrix<Double>(rows: 5, columns: d),
      Matrix<Double>(rows: 5, columns: d)
    )
    slope.elements.fillUniform(-size, size, using: &generator)
    mean.elements.fillUniform(-0.9, 0.9, using: &generator)
    std.elements.fillUniform(0.1, 2, using: &generator)
    shift.setOptimisticShift(valueGradient: slope, meanActions: mean, std: std, divergence: delta)
    for row in 0..<5 {
      let scaled = (0..<d).map { std[row, $0] * (1 - mean[row, $0] * mean[row, $0]) * (slope[row, $0] / size) }
      let n = size * scaled.map { $0 * $0 }.reduce(0, +).squareRoot()
      let divergence = (0..<d).map { shift[row, $0] * shift[row, $0] / (2 * std[row, $0] * std[row, $0]) }.reduce(0, +)
      let expected = delta * (n / (n + 1e-5)) * (n / (n + 1e-5))
      #expect(abs(divergence - expected) <= 1e-6 * expected)
      // And it goes up: along σ²g.
      for j in 0..<d { #expect(shift[row, j] * scaled[j] > 0) }
    }
  }

  @Test func `where Q is flat nothing is shifted, and NaN shows`() {
    let (shift, ones) = (Matrix<Float>(rows: 2, columns: 2), Matrix<Float>([[1, 1], [1, 1]]))
    let flat = Matrix<Float>(rows: 2, columns: 2)
    shift.fill(7)
    shift.setOptimisticShift(valueGradient: flat, meanActions: flat, std: ones, divergence: 23.53)
    #expect(shift.array == [[0, 0], [0, 0]])
    flat[1, 0] = .nan
    shift.setOptimisticShift(valueGradient: flat, meanActions: Matrix(rows: 2, columns: 2), std: ones, divergence: 23.53)
    #expect(shift.row(0).array == [0, 0] && shift.row(1).array.allSatisfy { $0.isNaN })
  }

  @Test func `noise on actions is cut at its own limit and at the box, by hand`() {
    let actions = Matrix<Double>([[0.3, 0.9, -0.95, 0]])
    actions.addNoise(Matrix([[1, 4, -0.5, -10]]), deviation: 0.2, limit: 0.5)
    #expect(actions.array == [[0.5, 1, -1, -0.5]])
    let free = Matrix<Double>([[0.3, -0.5]])
    free.addNoise(Matrix([[3, -1]]), deviation: 0.2, limit: .infinity)
    #expect(abs(free[0, 0] - 0.9) < 1e-15 && free[0, 1] == -0.7)
    let bad = Matrix<Double>([[.nan]])
    bad.addNoise(Matrix([[1]]), deviation: 0.2, limit: 0.5)
    #expect(bad[0, 0].isNaN)
  }
}
