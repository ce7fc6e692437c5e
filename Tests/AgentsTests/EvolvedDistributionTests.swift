import Agents
import LinearAlgebra
import Random
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct EvolvedDistributionTests {
  /// The force of a known density's potential U = −Q/α over one dimension.
  private final class KnownForce: LeapfrogForce {
    typealias S = Double
    let derivative: (Double) -> Double
    init(_ derivative: @escaping (Double) -> Double) { self.derivative = derivative }
    func evaluate(_ index: Int, at position: Matrix<Double>, into force: Matrix<Double>) {
      for row in 0..<position.rows { force[row, 0] = derivative(position[row, 0]) }
    }
    func backward(_ index: Int, forceGradient: Matrix<Double>, positionGradient: Matrix<Double>) {}
  }

  // Q(a) = −4·(a² − 0.36)², two modes at ±0.6; α = 0.1.
  private func q(_ a: Double) -> Double { -4 * (a * a - 0.36) * (a * a - 0.36) }
  private let alpha = 0.1

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `evolved actions are closer to exp(Q/α) than the base policy's, in Kullback-Leibler divergence`(_ seed: UInt64) {
    let count = 40_000
    var generator = SeededGenerator(seed: seed)
    let position = Matrix<Double>(rows: count, columns: 1), momentum = Matrix<Double>(rows: count, columns: 1)
    // The base policy: a wide tanh-Gaussian, as at the start of training.
    position.fillStandardNormal(using: &generator)
    position.applyTanh()
    momentum.fillStandardNormal(using: &generator)
    let base = divergence(position.elements.array)
    let field = KnownForce { a in 16 * a * (a * a - 0.36) / self.alpha }
    LeapfrogOperator<Double>(steps: 3, stepSize: 0.12, boundary: .reflect, rows: count, dimensions: 1)
      .evolve(position: position, momentum: momentum, under: field)
    let evolved = divergence(position.elements.array)
    #expect(evolved < 0.8 * base, "base \(base), evolved \(evolved) nats")
  }

  @Test func `the joint density of the evolved pair integrates to 1`() {
    // Evolve a grid of (a₀, p₀) with density N(a₀; 0, 0.5²) N(p₀; 0, 1) by a smooth force; unit Jacobian means each cell keeps its
    // area, so the area of an evolved cell times the density of its corner must still add up to 1.
    let force = KnownForce { a in sin(2 * a) + 0.5 * a }
    let h = 0.02, half = 250
    var points: [[Double]] = []
    for i in -half...half { for j in -half...half { points.append([Double(i) * h * 0.5, Double(j) * h]) } }
    let position = Matrix(points.map { [$0[0]] }), momentum = Matrix(points.map { [$0[1]] })
    LeapfrogOperator<Double>(steps: 3, stepSize: 0.3, boundary: .latent, rows: points.count, dimensions: 1)
      .evolve(position: position, momentum: momentum, under: force)
    let width = 2 * half + 1
    var total = 0.0
    for i in 0..<width - 1 {
      for j in 0..<width - 1 {
        func corner(_ di: Int, _ dj: Int) -> (Double, Double) {
          let index = (i + di) * width + j + dj
          return (position[index, 0], momentum[index, 0])
        }
        let (a, b, c, d) = (corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1))
        let area = 0.5 * abs((c.0 - a.0) * (d.1 - b.1) - (d.0 - b.0) * (c.1 - a.1))
        let start = points[i * width + j]
        let x = start[0] + h * 0.25, p = start[1] + h * 0.5
        total += area * exp(-x * x / 0.5 - p * p / 2) / (0.5 * 2 * Double.pi)
      }
    }
    #expect(abs(total - 1) < 1e-3, "\(total)")
  }

  /// KL of the samples' histogram from exp(Q/α) on [-1, 1], nats.
  private func divergence(_ samples: [Double]) -> Double {
    let bins = 40
    var counts = [Double](repeating: 0.5, count: bins)
    for sample in samples { counts[min(bins - 1, max(0, Int((sample + 1) / 2 * Double(bins))))] += 1 }
    let total = counts.reduce(0, +)
    let weights = (0..<bins).map { exp(q(-1 + (Double($0) + 0.5) * 2 / Double(bins)) / alpha) }
    let norm = weights.reduce(0, +)
    return zip(counts, weights).map { $0 / total * log($0 / total / ($1 / norm)) }.reduce(0, +)
  }
}
