import Foundation
import LinearAlgebra
import Random
import Testing

@Suite struct NoiseTests {
  @Test(arguments: Kernel.available)
  func `the logarithm stays within 2e-7 of the exact value, of its size or of 1`(_ kernel: Kernel) {
    let x = (0..<200_000).map { Float(exp2(-40 + 40 * Double($0) / 200_000)) }
    let worst = zip(x, changed(x) { kernel.table.pointee.logarithm($0, $1) }).map { x, found in
      let exact = log(Double(x))
      return abs(Double(found) - exact) / max(1, abs(exact))
    }.max()
    #expect(worst.map { $0 < 2e-7 } == true)
    #expect(changed([1]) { kernel.table.pointee.logarithm($0, $1) } == [0])
  }

  @Test(arguments: Kernel.available)
  func `the logarithm keeps its digits just below 1`(_ kernel: Kernel) {
    let x = (1...64).map { 1 - Float($0) * 0x1p-24 }
    for (x, found) in zip(x, changed(x) { kernel.table.pointee.logarithm($0, $1) }) {
      #expect(abs(Double(found) / log(Double(x)) - 1) < 3e-7, "\(x)")
    }
  }

  @Test(arguments: Kernel.available)
  func `cosine and sine stay within 1.2e-7 of the exact values over a whole turn`(_ kernel: Kernel) {
    // Every 65th multiple of 2⁻²⁴ and its neighbours in turn.
    let turns = (0..<UInt32(1 << 18)).map { (index: UInt32) -> Float in
      let multiple: UInt32 = (index &* 64 &+ index & 63) & 0xFF_FFFF
      return Float(multiple) * 0x1p-24
    }
    var sines = turns
    let cosines = changed(turns) { kernel.table.pointee.cosine_and_sine($0, &sines, $1) }
    var worst = 0.0
    for (index, t) in turns.enumerated() {
      let angle = 2 * .pi * Double(t)
      let cosineError: Double = abs(Double(cosines[index]) - cos(angle))
      let sineError: Double = abs(Double(sines[index]) - sin(angle))
      worst = max(worst, cosineError, sineError)
    }
    #expect(worst < 1.2e-7)
  }

  @Test func `noise is Box and Muller's transform of the generator's draws, in blocks of thirty-two, at every shape`() {
    for (rows, columns) in [(1, 1), (1, 6), (3, 17), (128, 3), (2, 32), (5, 33)] {
      var generator = SeededGenerator(seed: 5)
      let wide = Matrix<Float>(rows: rows, columns: columns + 2)
      wide.columns(1..<columns + 1).fillStandardNormal(using: &generator)
      var reference = SeededGenerator(seed: 5)
      var numbers: [Double] = []
      while numbers.count < rows * columns {
        let draws = (0..<16).map { _ in reference.next() }
        let radii = draws.map { sqrt(-2 * log(Double($0 >> 24 + 1) / exp2(40))) }
        let angles = draws.map { 2 * Double.pi * Double($0 & 0xFF_FFFF) / exp2(24) }
        numbers += zip(radii, angles).map { $0 * cos($1) } + zip(radii, angles).map { $0 * sin($1) }
      }
      var worst = 0.0
      for row in 0..<rows {
        worst = max(worst, Double(abs(wide[row, 0])), Double(abs(wide[row, columns + 1])))
        for column in 0..<columns { worst = max(worst, abs(Double(wide[row, column + 1]) - numbers[row * columns + column])) }
      }
      #expect(worst < 2e-6, "[\(rows), \(columns)] within a matrix of two columns more")
      #expect(generator == reference)
    }
  }

  @Test func `Float's and Double's noise of one seed are the same numbers`() throws {
    var generator = SeededGenerator(seed: 9)
    var same = generator
    let single = Matrix<Float>(rows: 64, columns: 5)
    let double = Matrix<Double>(rows: 64, columns: 5)
    single.fillStandardNormal(using: &generator)
    double.fillStandardNormal(using: &same)
    let worst = zip(single.elements.array, double.elements.array).map { abs(Double($0) - $1) }.max()
    #expect(try #require(worst) < 2e-6)
  }

  @Test func `noise has the moments and the tails of a standard normal distribution`() {
    var generator = SeededGenerator(seed: 1)
    let noise = Matrix<Float>(rows: 1000, columns: 1000)
    noise.fillStandardNormal(using: &generator)
    let x = noise.elements.array.map(Double.init)
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    // Moments, each with its standard error over a million numbers; five of them are allowed.
    let moments: [(power: Int, value: Double, error: Double)] = [(1, 0, 1e-3), (2, 1, 1.42e-3), (3, 0, 3.88e-3), (4, 3, 9.8e-3)]
    for (power, value, error) in moments {
      let found = mean(x.map { Foundation.pow($0, Double(power)) })
      #expect(abs(found - value) < 5 * error, "moment \(power)")
    }
    for (bound, share) in [(1.0, 0.317_310_5), (2, 0.045_500_3), (3, 0.002_699_8), (4, 6.334e-5)] {
      let found = Double(x.filter { abs($0) > bound }.count) / 1e6
      #expect(abs(found - share) < 5 * sqrt(share / 1e6), "beyond \(bound)")
    }
    // Two numbers share a draw, sixteen apart; they must know nothing of one another, nor must neighbours.
    for distance in [1, 16] {
      let pairs = zip(x, x.dropFirst(distance))
      let correlation = mean(pairs.map { $0 * $1 })
      let ofSquares = mean(pairs.map { ($0 * $0 - 1) * ($1 * $1 - 1) })
      #expect(abs(correlation) < 5e-3, "\(distance) apart")
      #expect(abs(ofSquares) < 1e-2, "\(distance) apart")
    }
  }
}
