import LinearAlgebra
import NeuralNetworks
import Random
import TestSupport
import Testing

@Suite struct LayerNormalizationTests {
  /// A normalisation of `units` with parameters far from their start.
  private func normalization<S: Scalar>(_: S.Type, units: Int, seed: UInt64 = 3) -> LayerNormalization<S> {
    var generator = SeededGenerator(seed: seed)
    func vector(_ low: Double, _ high: Double) -> Vector<S> { Vector((0..<units).map { _ in S(generator.uniform(low, high)) }) }
    return LayerNormalization(scale: vector(0.5, 1.5), shift: vector(-1, 1))
  }

  private func zeros<S: Scalar>(_: S.Type, units: Int) -> LayerNormalization<S> {
    LayerNormalization(scale: Vector(count: units), shift: Vector(count: units))
  }

  private func output<S: Scalar>(
    _ normalization: LayerNormalization<S>, of z: Matrix<S>, _ memory: LayerNormalization<S>.Memory
  ) -> Matrix<S> {
    let y = Matrix<S>(rows: z.rows, columns: z.columns)
    memory.standardized.copy(from: z)
    normalization.forward(memory, into: y)
    return y
  }

  /// Rows of sums at which something could go wrong, in units of `size`.
  private func rows(_ units: Int, size: Double) -> Matrix<Double> {
    var generator = SeededGenerator(seed: 9)
    let z = Matrix<Double>(rows: 4, columns: units)
    z.elements.fillUniform(-2 * size, 2 * size, using: &generator)
    if size <= 1 {
      // Variance 0, where the derivative is 1/√ε: of larger sums a difference small enough for that would be lost to rounding.
      z.row(1).fill(0.7 * size)
      z.row(2).fill(0)
    }
    z.row(3).fill(size)
    z[3, 0] = -5 * size  // one unit apart from all others
    return z
  }

  @Test(arguments: [1, 2, 7, 8, 16, 19], [1e-6, 1e-2, 1, 1e3, 1e6])
  func `the backward pass matches central differences for sums, scale and shift`(_ units: Int, _ size: Double) {
    let normalization = normalization(Double.self, units: units)
    let z = rows(units, size: size)
    let memory = LayerNormalization<Double>.Memory(rows: z.rows, units: units)
    // The derivative by z is of the order of 1/√(z² + 10⁻⁵): weights that bring it back to 1, so that a tolerance means something.
    let weights = Matrix<Double>(rows: z.rows, columns: units)
    var generator = SeededGenerator(seed: 1)
    weights.elements.fillUniform(-1, 1, using: &generator)
    weights.set(weights, scaledBy: (size * size + 1e-5).squareRoot())
    func loss() -> Double {
      zip(output(normalization, of: z, memory).elements.array, weights.elements.array).map { $0.0 * $0.1 }.reduce(0, +)
    }
    _ = loss()
    let gradient = zeros(Double.self, units: units)
    gradient.setGradient(outputGradient: weights, memory)
    let inputGradient = Matrix<Double>(rows: z.rows, columns: units)
    inputGradient.copy(from: weights)
    normalization.backward(inputGradient, memory)
    let step = 3e-6 * max(size, 1e-3)
    expectGradient(inputGradient.elements, of: loss, at: z.elements, step: step, tolerance: 1e-6, "sums")
    expectGradient(gradient.scale, of: loss, at: normalization.scale, "scale")
    expectGradient(gradient.shift, of: loss, at: normalization.shift, "shift")
  }

  @Test func `a row of equal sums becomes the shift exactly, whatever its size`() {
    func check<S: Scalar>(_ type: S.Type, _ values: [S]) {
      let normalization = normalization(type, units: 19)
      let z = Matrix<S>(rows: values.count, columns: 19)
      for (row, value) in values.enumerated() { z.row(row).fill(value) }
      let y = output(normalization, of: z, .init(rows: values.count, units: 19))
      for row in 0..<values.count { #expect(y.row(row).array == normalization.shift.array, "\(values[row]), \(type)") }
    }
    check(Float.self, [0, 0.5, -3, 1e-30, 65536, 3e30])
    check(Double.self, [0, 0.5, -3, 1e-200, 65536, 3e300])
  }

  @Test func `sums whose squares overflow are normalised as smaller ones are, forward and back`() {
    let normalization = normalization(Double.self, units: 19)
    let ordinary = rows(19, size: 1e4)
    let large = Matrix<Double>(rows: 4, columns: 19)
    large.set(ordinary, scaledBy: 0x1p990)
    let memories = (0..<2).map { _ in LayerNormalization<Double>.Memory(rows: 4, units: 19) }
    let expected = output(normalization, of: ordinary, memories[0])
    let found = output(normalization, of: large, memories[1])
    // ε = 10⁻⁵ beside a variance of about 10⁸ is what the two may differ by.
    for (a, b) in zip(found.elements.array, expected.elements.array) { #expect(abs(a - b) < 1e-11) }
    let gradients = [0x1p0, 0x1p990].map { scale in
      let gradient = Matrix<Double>(rows: 4, columns: 19)
      for row in 0..<4 { for column in 0..<19 { gradient[row, column] = scale * Double((row + 3 * column) % 7 - 3) } }
      return gradient
    }
    for (gradient, memory) in zip(gradients, memories) { normalization.backward(gradient, memory) }
    for row in [0, 3] {
      for (a, b) in zip(gradients[1].row(row).array, gradients[0].row(row).array) {
        #expect(abs(a - b) < 1e-11 * max(1, abs(b)), "row \(row)")
      }
    }
    #expect(gradients[1].elements.array.allSatisfy { $0.isFinite })
  }

  @Test func `what is not finite becomes NaN in its row and leaves the others alone`() {
    for bad in [Float.nan, .infinity, -.infinity] {
      let normalization = normalization(Float.self, units: 10)
      let z = Matrix<Float>(rows: 3, columns: 10)
      for row in 0..<3 { for column in 0..<10 { z[row, column] = Float(row * column % 4) } }
      z[1, 7] = bad
      let y = output(normalization, of: z, .init(rows: 3, units: 10))
      #expect(y.row(1).array.allSatisfy { $0.isNaN } && (y.row(0).array + y.row(2).array).allSatisfy { $0.isFinite }, "\(bad)")
    }
  }

  @Test(arguments: [1, 8, 19, 256])
  func `Float gives what Double gives, to rounding`(_ units: Int) {
    let exact = normalization(Double.self, units: units)
    let single = LayerNormalization<Float>(scale: Vector(exact.scale.array.map { Float($0) }), shift: Vector(exact.shift.array.map { Float($0) }))
    var generator = SeededGenerator(seed: 4)
    let z = Matrix<Double>(rows: 3, columns: units), weights = Matrix<Double>(rows: 3, columns: units)
    z.elements.fillUniform(-2, 5, using: &generator)
    weights.elements.fillUniform(-1, 1, using: &generator)
    let memory = LayerNormalization<Double>.Memory(rows: 3, units: units)
    let singleMemory = LayerNormalization<Float>.Memory(rows: 3, units: units)
    let expected = output(exact, of: z, memory)
    let found = output(single, of: Matrix(z.array.map { $0.map { Float($0) } }), singleMemory)
    // Float's unit is 6e-8; sums over up to 256 units in eight chains, parameters rounded once.
    for (a, b) in zip(found.elements.array, expected.elements.array) { #expect(abs(Double(a) - b) < 3e-6) }
    let gradient = Matrix<Float>(weights.array.map { $0.map { Float($0) } })
    exact.backward(weights, memory)
    single.backward(gradient, singleMemory)
    for (a, b) in zip(gradient.elements.array, weights.elements.array) { #expect(abs(Double(a) - b) < 3e-6) }
  }

  @Test func `the way back over a list of rows is the way back over all, for those rows`() {
    let normalization = normalization(Double.self, units: 12)
    let z = rows(12, size: 1)
    let memory = LayerNormalization<Double>.Memory(rows: 4, units: 12)
    _ = output(normalization, of: z, memory)
    let whole = rows(12, size: 0.3)
    let part = Matrix<Double>(rows: 2, columns: 12)
    part.row(0).copy(from: whole.row(0))
    part.row(1).copy(from: whole.row(3))
    var list: [Int32] = [0, 3]
    list.withUnsafeMutableBufferPointer { list in
      guard let base = list.baseAddress else { return }
      normalization.backward(part, memory, rows: RowList(storage: base, count: 2))
    }
    normalization.backward(whole, memory)
    #expect(part.array == [whole.row(0).array, whole.row(3).array])
  }
}
