import Agents
import LinearAlgebra
import Random
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct RadialFlowTests {
  private func parameters(count: Int, d: Int, seed: UInt64, spread: Double = 0) -> RadialFlowParameters<Double> {
    let flows = RadialFlowParameters<Double>(count: count, dimensions: d)
    var generator = SeededGenerator(seed: seed)
    flows.initialize(using: &generator)
    let values = flows.parameters.values
    for index in 0..<values.count { values[index] += generator.uniform(-spread, spread) }
    return flows
  }

  private func image(_ flows: RadialFlowParameters<Double>, _ z: [Double]) -> (z: [Double], logDeterminant: Double) {
    let stack = RadialFlows(flows, rows: 1)
    let density = Vector([0.0])
    stack.forward(Matrix([z]), logDensity: density)
    return (stack.output.row(0).array, -density[0])
  }

  @Test func `flows start as the identity`() {
    for d in [1, 3, 17] {
      let flows = parameters(count: 5, d: d, seed: 3)
      let z = (0..<d).map { sin(Double($0) + 1) }
      let (image, logDeterminant) = image(flows, z)
      for (a, b) in zip(image, z) { #expect(abs(a - b) < 1e-14) }
      #expect(abs(logDeterminant) < 1e-13)
    }
  }

  @Test func `the log-determinant is that of the numerical Jacobian`() {
    for (d, seed) in [(1, 1), (2, 2), (3, 3), (3, 4)] as [(Int, UInt64)] {
      let flows = parameters(count: 3, d: d, seed: seed, spread: 1.5)
      var generator = SeededGenerator(seed: seed)
      for _ in 0..<10 {
        let z = (0..<d).map { _ in generator.uniform(-2, 2) }
        let h = 1e-5
        let jacobian = (0..<d).map { index -> [Double] in
          var up = z, down = z
          up[index] += h
          down[index] -= h
          return zip(image(flows, up).z, image(flows, down).z).map { ($0 - $1) / (2 * h) }
        }
        #expect(abs(log(determinant(jacobian)) - image(flows, z).logDeterminant) < 1e-7)
      }
    }
  }

  @Test func `every parameter value gives an invertible flow: the radius grows with the radius`() {
    var generator = SeededGenerator(seed: 8)
    for _ in 0..<200 {
      let flows = RadialFlowParameters<Double>(count: 1, dimensions: 1)
      let values = flows.parameters.values
      values[1] = generator.uniform(-6, 6)
      values[2] = generator.uniform(-30, 30)
      // One dimension, centre 0: the inverse is found by bisection, and found again.
      var last = -Double.infinity
      for step in -50...50 {
        let z = Double(step) / 10
        let (image, logDeterminant) = image(flows, [z])
        #expect(image[0] > last && logDeterminant.isFinite)
        last = image[0]
        var (low, high) = (-6.0, 6.0)
        for _ in 0..<80 {
          let middle = (low + high) / 2
          if self.image(flows, [middle]).z[0] < image[0] { low = middle } else { high = middle }
        }
        // Where the flow is nearly flat the inverse is ill-conditioned by 1/slope.
        #expect(abs(low - z) < 1e-13 * exp(-min(logDeterminant, 0)) + 1e-12)
      }
    }
  }

  @Test func `in several dimensions the inverse is found on the ray from the centre`() {
    for seed in 0..<50 as Range<UInt64> {
      let flows = parameters(count: 1, d: 3, seed: seed, spread: 3)
      let center = Array(flows.parameters.values.array.prefix(3))
      let z = [0.4, -1.3, 0.8]
      func radius(_ x: [Double]) -> Double { zip(x, center).map { ($0 - $1) * ($0 - $1) }.reduce(0, +).squareRoot() }
      let found = image(flows, z).z
      func onRay(_ r: Double) -> [Double] { zip(found, center).map { $1 + r * ($0 - $1) / radius(found) } }
      var (low, high) = (0.0, 1.0)
      while radius(image(flows, onRay(high)).z) < radius(found) { high *= 2 }
      for _ in 0..<80 {
        let middle = (low + high) / 2
        if radius(image(flows, onRay(middle)).z) < radius(found) { low = middle } else { high = middle }
      }
      for (a, b) in zip(onRay(low), z) { #expect(abs(a - b) < 1e-9) }
    }
  }

  @Test func `the flow of one dimension turns a density into one that integrates to 1`() {
    let flows = parameters(count: 3, d: 1, seed: 5, spread: 1)
    // ∫ p(z)/|dz′/dz| dz′ over a fine grid of z, by the trapezoid rule.
    var total = 0.0
    var last: (z: Double, density: Double)?
    for step in -8000...8000 {
      let z = Double(step) / 1000
      let (image, logDeterminant) = image(flows, [z])
      let density = exp(-z * z / 2 - 0.5 * log(2 * Double.pi) - logDeterminant)
      if let last { total += (image[0] - last.z) * (density + last.density) / 2 }
      last = (image[0], density)
    }
    #expect(abs(total - 1) < 1e-6)
  }

  @Test func `Hopper's policies have the sizes that their papers print`() {
    func policyParameters(_ configure: (inout AgentSettings) -> Void) -> Int {
      var settings = AgentSettings(observationSize: 11, actionSize: 3)
      configure(&settings)
      let networks = ActorCriticNetworks<Float>(settings, seed: 0)
      return networks.all.filter { ["policy", "policy_std", "flow"].contains($0.name) }.map(\.parameters.count).reduce(0, +)
    }
    let flow = policyParameters {
      ($0.explorationPolicy, $0.trainingPolicy) = (.flow, .flow)
      ($0.flows, $0.flowStd) = (3, .shared)
    }
    #expect(flow == 3861)
    #expect(policyParameters { $0.sac(layers: 2) } == 70_406)
  }

  private func determinant(_ m: [[Double]]) -> Double {
    switch m.count {
    case 1: m[0][0]
    case 2: m[0][0] * m[1][1] - m[0][1] * m[1][0]
    default:
      m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
        + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    }
  }
}
