import LinearAlgebra
import NeuralNetworks
import Random
import TestSupport
import Testing

@Suite struct MultilayerPerceptronTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let sizes: [Int]
    let activation: Activation
    let rows: Int
    var normalized = false
    var testDescription: String { "\(sizes) \(activation) on \(rows) rows\(normalized ? ", normalised" : "")" }
  }

  static let cases: [Case] = [Activation.identity, .relu, .elu, .sigmoid, .tanh].flatMap { activation in
    [
      Case(sizes: [3, 2], activation: activation, rows: 1),
      Case(sizes: [3, 5, 2], activation: activation, rows: 4),
      Case(sizes: [7, 9, 11, 1], activation: activation, rows: 3),
      Case(sizes: [2, 17, 8, 8, 3], activation: activation, rows: 6),
      Case(sizes: [3, 5, 2], activation: activation, rows: 4, normalized: true),
      Case(sizes: [7, 9, 11, 1], activation: activation, rows: 3, normalized: true),
    ]
  }

  @Test(arguments: cases)
  func `the backward pass matches central differences for every parameter and every input`(_ example: Case) {
    var generator = SeededGenerator(seed: 11)
    let network = MultilayerPerceptron<Double>(
      sizes: example.sizes, activation: example.activation, normalized: example.normalized, using: &generator)
    for normalization in network.normalizations {
      normalization.scale.fillUniform(0.5, 1.5, using: &generator)
      normalization.shift.fillUniform(-0.5, 0.5, using: &generator)
    }
    let x = Matrix<Double>(rows: example.rows, columns: network.inputs)
    let weights = Matrix<Double>(rows: example.rows, columns: network.outputs)
    x.elements.fillUniform(-2, 2, using: &generator)
    weights.elements.fillUniform(-1, 1, using: &generator)
    let tape = MultilayerPerceptron.Tape(network, rows: example.rows)
    func loss() -> Double {
      network.forward(x, tape)
      return zip(tape.output.elements.array, weights.elements.array).map { $0.0 * $0.1 }.reduce(0, +)
    }
    _ = loss()
    let gradient = network.zeros()
    let inputGradient = Matrix<Double>(rows: example.rows, columns: network.inputs)
    network.backward(outputGradient: weights, tape, gradient: gradient, inputGradient: inputGradient)
    expectGradient(gradient.parameters.values, of: loss, at: network.parameters.values)
    expectGradient(inputGradient.elements, of: loss, at: x.elements)
  }

  @Test func `the forward pass is the formula, worked by hand`() {
    let network = MultilayerPerceptron<Double>(sizes: [2, 2, 1], activation: .relu)
    network.layers[0].weight.copy(from: Matrix([[1, -1], [2, 0.5]]))
    network.layers[0].bias.copy(from: [0.5, -1])
    network.layers[1].weight.copy(from: Matrix([[3, -2]]))
    network.layers[1].bias.copy(from: [0.25])
    let tape = MultilayerPerceptron.Tape(network, rows: 2)
    // Row 0: hidden (1 − 2 + 0.5, 2 + 1 − 1) = (−0.5, 2) → (0, 2); output 0 − 4 + 0.25.
    // Row 1: hidden (1 + 1 + 0.5, 2 − 0.5 − 1) = (2.5, 0.5); output 7.5 − 1 + 0.25.
    network.forward(Matrix([[1, 2], [1, -1]]), tape)
    #expect(tape.output.array == [[-3.75], [6.75]])
  }

  @Test func `normalised hidden layers have a scale of 1 and a shift of 0 after weight and bias, and the same weights as without`() {
    var generators = (SeededGenerator(seed: 5), SeededGenerator(seed: 5))
    let plain = MultilayerPerceptron<Float>(sizes: [4, 6, 6, 2], activation: .relu, using: &generators.0)
    let network = MultilayerPerceptron<Float>(sizes: [4, 6, 6, 2], activation: .relu, normalized: true, using: &generators.1)
    #expect(plain.parameters.tensors.map(\.name) == ["0/weight", "0/bias", "1/weight", "1/bias", "2/weight", "2/bias"])
    #expect(
      network.parameters.tensors.map(\.name)
        == ["0/weight", "0/bias", "0/scale", "0/shift", "1/weight", "1/bias", "1/scale", "1/shift", "2/weight", "2/bias"])
    for (a, b) in zip(plain.layers, network.layers) { #expect(a.weight.array == b.weight.array && a.bias.array == b.bias.array) }
    for normalization in network.normalizations {
      #expect(normalization.scale.array == [1, 1, 1, 1, 1, 1] && normalization.shift.array == [0, 0, 0, 0, 0, 0])
    }
    #expect(network.copy().parameters.values.array == network.parameters.values.array)
    #expect(network.zeros().parameters.values.array.allSatisfy { $0 == 0 })
  }

  @Test func `a normalised forward pass is the formula, worked by hand`() {
    let network = MultilayerPerceptron<Double>(sizes: [1, 2, 1], activation: .relu, normalized: true)
    network.layers[0].weight.copy(from: Matrix([[1], [-1]]))
    network.layers[0].bias.copy(from: [0, 2])
    network.normalizations[0].scale.copy(from: [2, 3])
    network.normalizations[0].shift.copy(from: [0.5, -1])
    network.layers[1].weight.copy(from: Matrix([[1, 10]]))
    network.layers[1].bias.copy(from: [0.25])
    let tape = MultilayerPerceptron.Tape(network, rows: 2)
    // Row 0: sums (3, −1), mean 1, variance 4: ±2/√4.00001; hidden (2.5, −4 → 0). Row 1: sums (1, 1): hidden (0.5, −1 → 0).
    network.forward(Matrix([[3], [1]]), tape)
    let unit = 2 / 4.00001.squareRoot()
    #expect(abs(tape.output[0, 0] - (2 * unit + 0.75)) < 1e-14 && tape.output[1, 0] == 0.75)
  }

  @Test func `initial weights and biases are uniform in ±1 over the root of the inputs`() {
    var generator = SeededGenerator(seed: 5)
    let network = MultilayerPerceptron<Float>(sizes: [16, 400, 25], activation: .relu, using: &generator)
    for layer in network.layers {
      let bound = 1 / Float(layer.inputs).squareRoot()
      for values in [layer.weight.elements.array, layer.bias.array] {
        #expect(values.allSatisfy { abs($0) <= bound })
        #expect(values.contains { $0 > 0.8 * bound } && values.contains { $0 < -0.8 * bound })
      }
    }
  }

  @Test func `a layer with fixed inputs gives what the whole layer gives`() {
    var generator = SeededGenerator(seed: 2)
    let network = MultilayerPerceptron<Double>(sizes: [5, 4, 1], activation: .elu, using: &generator)
    for fixed in [0, 2, 4] {
      let x = Matrix<Double>(rows: 3, columns: 5)
      x.elements.fillUniform(-1, 1, using: &generator)
      let whole = Matrix<Double>(rows: 3, columns: 4)
      let parts = Matrix<Double>(rows: 3, columns: 4)
      network.layers[0].forward(x, into: whole, activation: .elu)
      let layer = PartlyFixedLayer(network.layers[0], fixedInputs: fixed, rows: 3)
      layer.prepare(fixed: x.columns(0..<fixed))
      layer.forward(varying: x.columns(fixed..<5), into: parts, activation: .elu)
      // Sums in another order: a few ulp of numbers of order one.
      for (a, b) in zip(whole.elements.array, parts.elements.array) { #expect(abs(a - b) < 1e-14) }
    }
  }
}
