import Agents
import LinearAlgebra
import Random
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// The parts of iterative amortised policy optimisation, each against its formula and its derivative.
@Suite struct IterativeOptimizerTests {
  @Test func `standardised rows have mean 0 and deviation 1 with d − 1, equal components give exactly 0, a single one stays`() {
    let z = Matrix<Double>([[1, 2, 6], [0.1, 0.1, 0.1], [-4, -4, -4 + 1e-9], [1e-12, 0, 0]])
    let found = Matrix<Double>(rows: 4, columns: 3)
    found.setStandardizedRows(of: z)
    // mean 3, deviations −2, −1, 3: √(14/2).
    for (a, b) in zip(found.row(0).array, [-2.0, -1, 3]) { #expect(abs(a - b / (7.0.squareRoot() + 1e-7)) < 1e-14) }
    #expect(found.row(1).array == [0, 0, 0])
    // A deviation of 5.8·10⁻¹⁰ is small beside 10⁻⁷.
    #expect(abs(found[2, 2] - (2e-9 / 3) / (1e-9 / 3.0.squareRoot() + 1e-7)) < 1e-8)
    #expect(abs(found[3, 0] - (2e-12 / 3) / (1e-12 / 3.0.squareRoot() + 1e-7)) < 1e-14)
    let single = Matrix<Double>(rows: 2, columns: 1)
    single.setStandardizedRows(of: Matrix([[3], [-0.5]]))
    #expect(single.array == [[3], [-0.5]])
    let float = Matrix<Float>(rows: 1, columns: 5)
    float.setStandardizedRows(of: Matrix([[0.1, 0.1, 0.1, 0.1, 0.1]]))
    #expect(float.array == [[0, 0, 0, 0, 0]])
  }

  @Test func `soft bounds hold −10 and 0.5, and their derivative matches central differences`() {
    let bounds = IterativeNetwork<Double>.logStdBounds
    let x = Matrix<Double>([[-1e4, -30, -10, -4, -0.7, 0, 0.5, 1, 20, 1e4]])
    let y = Matrix<Double>(rows: 1, columns: 10)
    y.setSoftlyBounded(x, bounds)
    #expect(y.elements.array.allSatisfy { $0 >= -10 && $0 <= 0.5 + log(1 + exp(-10.5)) + 1e-14 })
    #expect(abs(y[0, 3] - -4) < 0.02 && abs(y[0, 6] - (0.5 - log(2))) < 1e-4 && abs(y[0, 2] - (log(2) - 10)) < 1e-4)
    let gradient = Matrix<Double>(rows: 1, columns: 10)
    gradient.fill(1)
    gradient.multiplyBySoftBoundDerivative(at: x, bounds)
    expectGradient(
      gradient.elements,
      of: {
        y.setSoftlyBounded(x, bounds)
        return y.elements.sum()
      }, at: x.elements, step: 1e-5)
  }

  private func filled(_ rows: Int, _ columns: Int, _ low: Double, _ high: Double, seed: UInt64) -> Matrix<Double> {
    var generator = SeededGenerator(seed: seed)
    let matrix = Matrix<Double>(rows: rows, columns: columns)
    matrix.elements.fillUniform(low, high, using: &generator)
    return matrix
  }

  @Test(arguments: [(1, 1), (4, 3), (7, 6)])
  func `the gated update's gradient matches central differences for every parameter, and adds to what is there`(_ rows: Int, _ d: Int) {
    var generator = SeededGenerator(seed: 2)
    let network = IterativeNetwork<Double>(inputs: 5 + 4 * d, hiddenSize: 9, actionSize: d)
    network.initialize(using: &generator)
    for index in 0..<network.parameters.count { network.parameters.values[index] += generator.uniform(-0.4, 0.4) }
    let update = IterativeUpdate(network, rows: rows)
    let input = filled(rows, network.inputs, -1, 1, seed: 3)
    let (oldMean, oldLogStd) = (filled(rows, d, -1, 1, seed: 4), filled(rows, d, -3, 0.4, seed: 5))
    let (mean, logStd) = (Matrix<Double>(rows: rows, columns: d), Matrix<Double>(rows: rows, columns: d))
    let weights = (filled(rows, d, -1, 1, seed: 6), filled(rows, d, -1, 1, seed: 7))
    func loss() -> Double {
      update.forward(input: input, oldMean: oldMean, oldLogStd: oldLogStd, newMean: mean, newLogStd: logStd)
      return zip(mean.elements.array + logStd.elements.array, weights.0.elements.array + weights.1.elements.array)
        .map { $0.0 * $0.1 }.reduce(0, +)
    }
    _ = loss()
    let gradient = network.zeros()
    for _ in 0..<2 {
      let (byMean, byLogStd) = (Matrix<Double>(rows: rows, columns: d), Matrix<Double>(rows: rows, columns: d))
      byMean.copy(from: weights.0)
      byLogStd.copy(from: weights.1)
      update.backward(
        input: input, oldMean: oldMean, oldLogStd: oldLogStd, meanGradient: byMean, logStdGradient: byLogStd, gradient: gradient)
    }
    expectGradient(gradient.parameters.values, of: { 2 * loss() }, at: network.parameters.values)
  }

  @Test func `a fresh network halves the way to μ = 0 and ℓ = 0, within the soft bounds`() {
    var generator = SeededGenerator(seed: 2)
    let network = IterativeNetwork<Double>(inputs: 7, hiddenSize: 8, actionSize: 1)
    network.initialize(using: &generator)
    let (mean, logStd) = (Matrix<Double>(rows: 1, columns: 1), Matrix<Double>(rows: 1, columns: 1))
    IterativeUpdate(network, rows: 1).forward(
      input: filled(1, 7, -1, 1, seed: 1), oldMean: Matrix([[0.6]]), oldLogStd: Matrix([[-3]]), newMean: mean, newLogStd: logStd)
    let bounded = 0.5 - log(1 + exp(0.5 + 1.5))
    #expect(mean[0, 0] == 0.3 && abs(logStd[0, 0] - (-10 + log(1 + exp(bounded + 10)))) < 1e-14)
  }

  /// Q = wᵀa·(1 + s) + Σ sin(2a): smooth, so that derivatives are not of a piecewise linear function alone.
  private final class SmoothValue: ActionValue {
    let states: [Double]
    private var actions: Matrix<Double>
    let values: Vector<Double>

    init(states: [Double], actionSize: Int) {
      self.states = states
      actions = Matrix(rows: states.count, columns: actionSize)
      values = Vector(count: states.count)
    }

    func begin(at observations: Matrix<Double>) {}

    func evaluate(actions: Matrix<Double>) {
      self.actions.copy(from: actions)
      for row in states.indices {
        values[row] = (0..<actions.columns).map { value(row, $0, actions[row, $0]) }.reduce(0, +)
      }
    }

    private func value(_ row: Int, _ j: Int, _ a: Double) -> Double { (1 + states[row]) * Double(j + 1) * a / 2 + sin(2 * a) }

    func actionGradient(into gradient: Matrix<Double>) {
      for row in states.indices {
        for j in 0..<actions.columns { gradient[row, j] = (1 + states[row]) * Double(j + 1) / 2 + 2 * cos(2 * actions[row, j]) }
      }
    }
  }

  @Test(arguments: [1, 10])
  func `V̂ is the samples' mean of Q less entropy's price, and −G is its gradient by μ and ℓ`(_ samples: Int) {
    let (rows, d, alpha) = (4, 3, 0.3)
    let value = SmoothValue(states: [0.5, -1, 0.2, 2], actionSize: d)
    let objective = SampledObjective<Double>(value, actionSize: d, rows: rows)
    let mean = filled(rows, d, -1.5, 1.5, seed: 1)
    let logStd = filled(rows, d, -2, 0.5, seed: 2)
    logStd[0, 0] = -10  // both bounds
    logStd[1, 1] = 0.5
    var generator = SeededGenerator(seed: 3)
    let noise = (0..<samples).map { _ in
      let matrix = Matrix<Double>(rows: rows, columns: d)
      matrix.fillStandardNormal(using: &generator)
      return matrix
    }
    func evaluate() { objective.evaluate(mean: mean, logStd: logStd, noise: noise, alpha: alpha) }
    evaluate()
    for row in 0..<rows {
      var (expected, logProbability) = (0.0, 0.0)
      for xi in noise {
        let u = (0..<d).map { mean[row, $0] + exp(logStd[row, $0]) * xi[row, $0] }
        let density = (0..<d).map { -xi[row, $0] * xi[row, $0] / 2 - logStd[row, $0] - log(2 * Double.pi) / 2 - log(1 - tanh(u[$0]) * tanh(u[$0])) }
          .reduce(0, +)
        let q = (0..<d).map { (1 + value.states[row]) * Double($0 + 1) * tanh(u[$0]) / 2 + sin(2 * tanh(u[$0])) }.reduce(0, +)
        expected += (q - alpha * (density + Double(d) * log(2))) / Double(samples)
        logProbability += density / Double(samples)
      }
      #expect(abs(objective.values[row] - expected) < 1e-12 && abs(objective.logProbability[row] - logProbability) < 1e-12)
    }
    let (byMean, byLogStd) = (Matrix<Double>(rows: rows, columns: d), Matrix<Double>(rows: rows, columns: d))
    byMean.set(objective.meanGradient, scaledBy: -1)
    byLogStd.set(objective.logStdGradient, scaledBy: -1)
    func total() -> Double {
      evaluate()
      return objective.values.sum()
    }
    expectGradient(byMean.elements, of: total, at: mean.elements, "μ")
    expectGradient(byLogStd.elements, of: total, at: logStd.elements, "ℓ")
  }

  @Test(arguments: [1, 3])
  func `the loss's gradient matches central differences with every input and every earlier policy held`(_ iterations: Int) {
    let (rows, d, n, alpha) = (3, 2, 4, 0.25)
    var generator = SeededGenerator(seed: 12)
    let network = IterativeNetwork<Double>(inputs: n + 4 * d, hiddenSize: 8, actionSize: d)
    network.initialize(using: &generator)
    for index in 0..<network.parameters.count { network.parameters.values[index] += generator.uniform(-0.4, 0.4) }
    let value = SmoothValue(states: [0.5, -1, 0.2], actionSize: d)
    let objective = SampledObjective<Double>(value, actionSize: d, rows: rows)
    let policies = PolicyIterations(network, objective: objective, iterations: iterations, observationSize: n, rows: rows)
    let observations = filled(rows, n, -1, 1, seed: 3)
    let noise = (0...iterations).map { t in (0..<5).map { filled(rows, d, -2, 2, seed: UInt64(100 * t + $0)) } }
    let share = 1 / Double(rows * iterations)
    policies.run(at: observations, noise: noise, alpha: alpha, share: share)
    #expect(policies.means[0].array == [[0, 0], [0, 0], [0, 0]] && policies.logStds[0].elements.array.allSatisfy { $0 == log(0.5) })
    let gradient = policies.trained.gradient.values.array
    // What stays: λ_t and x_t as they were at the parameters themselves.
    let held = (0..<iterations).map { t -> (input: Matrix<Double>, mean: Matrix<Double>, logStd: Matrix<Double>) in
      let (mean, logStd) = (Matrix<Double>(rows: rows, columns: d), Matrix<Double>(rows: rows, columns: d))
      mean.copy(from: policies.means[t])
      logStd.copy(from: policies.logStds[t])
      objective.evaluate(mean: mean, logStd: logStd, noise: noise[t], alpha: alpha)
      let input = Matrix<Double>(rows: rows, columns: n + 4 * d)
      input.columns(0..<n).copy(from: observations)
      for (index, part) in [mean, logStd, objective.meanGradient, objective.logStdGradient].enumerated() {
        input.columns(n + index * d..<n + (index + 1) * d).setStandardizedRows(of: part)
      }
      return (input, mean, logStd)
    }
    let update = IterativeUpdate(network, rows: rows)
    let (mean, logStd) = (Matrix<Double>(rows: rows, columns: d), Matrix<Double>(rows: rows, columns: d))
    func loss() -> Double {
      (0..<iterations).map { t in
        update.forward(
          input: held[t].input, oldMean: held[t].mean, oldLogStd: held[t].logStd, newMean: mean, newLogStd: logStd)
        objective.evaluate(mean: mean, logStd: logStd, noise: noise[t + 1], alpha: alpha)
        return -share * objective.values.sum()
      }.reduce(0, +)
    }
    expectGradient(Vector(gradient), of: loss, at: network.parameters.values)
    #expect(abs(loss() + share * policies.values.map { $0.sum() }.reduce(0, +)) < 1e-13)
  }

  @Test func `samples taken at once give what samples one after another give`() {
    let (rows, d) = (2, 3)
    let (mean, logStd) = (filled(rows, d, -1, 1, seed: 1), filled(rows, d, -2, 0, seed: 2))
    let noise = (0..<4).map { filled(rows, d, -2, 2, seed: UInt64($0 + 5)) }
    let oneByOne = SampledObjective<Double>(SmoothValue(states: [0.5, -1], actionSize: d), actionSize: d, rows: rows)
    oneByOne.evaluate(mean: mean, logStd: logStd, noise: noise, alpha: 0.3)
    let together = SampledObjective<Double>(
      SmoothValue(states: [0.5, -1, 0.5, -1, 0.5, -1, 0.5, -1], actionSize: d), actionSize: d, rows: rows, samplesAtOnce: 4)
    together.evaluate(mean: mean, logStd: logStd, noise: [Matrix(noise.flatMap(\.array))], alpha: 0.3)
    #expect(together.values.array == oneByOne.values.array && together.logProbability.array == oneByOne.logProbability.array)
    #expect(together.meanGradient.array == oneByOne.meanGradient.array && together.logStdGradient.array == oneByOne.logStdGradient.array)
    #expect(together.firstAction.array == oneByOne.firstAction.array && together.firstValue.array == oneByOne.firstValue.array)
  }

  @Test func `the first sample is what targets take`() {
    let value = SmoothValue(states: [0.5], actionSize: 2)
    let objective = SampledObjective<Double>(value, actionSize: 2, rows: 1)
    objective.evaluate(
      mean: Matrix([[0.2, -0.4]]), logStd: Matrix([[-1, 0]]), noise: [Matrix([[0.5, 1]]), Matrix([[-2, 0.1]])], alpha: 0.1)
    let u = [0.2 + 0.5 * exp(-1), -0.4 + 1]
    let density = [0.5, 1].map { -$0 * $0 / 2 }.reduce(0, +) + 1 - log(2 * Double.pi) - u.map { log(1 - tanh($0) * tanh($0)) }.reduce(0, +)
    for (a, b) in zip(objective.firstAction.row(0).array, u) { #expect(abs(a - tanh(b)) < 1e-15) }
    #expect(abs(objective.firstLogProbability[0] - density) < 1e-14)
    #expect(abs(objective.firstValue[0] - (1.5 * (tanh(u[0]) / 2 + tanh(u[1])) + sin(2 * tanh(u[0])) + sin(2 * tanh(u[1])))) < 1e-14)
  }
}
