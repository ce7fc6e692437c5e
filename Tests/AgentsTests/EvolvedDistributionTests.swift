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

  @Test(arguments: [1, 2, 3] as [UInt64], [PolicyKind.proposed, .conventional])
  func `so they are for an agent that learned this Q as a one-step problem`(_ seed: UInt64, _ kind: PolicyKind) throws {
    let agent = makeAgent(Float.self, observations: 1, actions: 1, batch: 64, seed: seed) {
      ($0.explorationPolicy, $0.trainingPolicy, $0.boundary) = (.policy(kind), kind, .reflect)
      ($0.alpha, $0.hiddenSize, $0.leapfrogHiddenSize, $0.learningRate) = (alpha, 32, 16, 3e-3)
      ($0.momentumStdTraining, $0.leapfrogStepSize) = (1, 0.12)
      $0.momentumInValue = kind == .proposed
    }
    var generator = SeededGenerator(seed: seed)
    let batch = agent.minibatch
    batch.observations.fill(0)
    batch.terminals.fill(1)
    for _ in 0..<1500 {
      for row in 0..<batch.size {
        let a = generator.uniform(-1, 1)
        batch.actions[row, 0] = Float(a)
        batch.rewards[row] = Float(q(a))
      }
      try agent.update()
    }
    var (base, evolved) = ([Double](), [Double]())
    for _ in 0..<300 {
      agent.updateNoise.now.action.fillStandardNormal(using: &generator)
      agent.updateNoise.now.momentum.fillStandardNormal(using: &generator)
      agent.setPolicyGradients()
      for lane in agent.lanes.all {
        base += lane.policy.baseAction.elements.array.map(Double.init)
        evolved += lane.policy.action.elements.array.map(Double.init)
      }
    }
    let (before, after) = (divergence(base), divergence(evolved))
    #expect(after < 0.85 * before, "base \(before), evolved \(after) nats")
  }

  @Test(arguments: [Boundary.reflect, .latent], [0.5, 5])
  func `the density of the evolved pair integrates to 1`(_ boundary: Boundary, _ strength: Double) {
    // Unit Jacobian: the density at (a_K, p_K) is that of the start, which the way back finds. a₀ is tanh-Gaussian in the box, or
    // Gaussian in latent space; p₀ Gaussian.
    let force = KnownForce { a in strength * (sin(3 * a) + 0.5 * a) }
    let (across, along) = (boundary == .latent ? 8.0 : 1.0, 9.0)
    let count = 1200
    var (positions, momenta) = ([Double](), [Double]())
    for i in 0..<count {
      for j in 0..<count {
        positions.append(across * ((Double(i) + 0.5) / Double(count) * 2 - 1))
        momenta.append(-along * ((Double(j) + 0.5) / Double(count) * 2 - 1))
      }
    }
    let position = Vector(positions).matrix(rows: count * count, columns: 1)
    let momentum = Vector(momenta).matrix(rows: count * count, columns: 1)
    LeapfrogOperator<Double>(steps: 3, stepSize: 0.3, boundary: boundary, rows: count * count, dimensions: 1)
      .evolve(position: position, momentum: momentum, under: force)
    var total = 0.0
    for row in 0..<count * count {
      let (a, p) = (position[row, 0], momentum[row, 0])
      let u = boundary == .latent ? a : atanh(min(max(a, -1), 1))
      if u.isInfinite { continue }  // on the wall itself, where the density is 0
      let jacobian = boundary == .latent ? 1 : 1 - a * a
      total += exp(-(u - 0.2) * (u - 0.2) / (2 * 0.36) - p * p / 2) / (0.6 * 2 * Double.pi * jacobian)
    }
    let cell = (2 * across / Double(count)) * (2 * along / Double(count))
    #expect(abs(total * cell - 1) < 1e-4, "\(total * cell)")
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
