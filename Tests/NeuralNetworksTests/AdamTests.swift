import LinearAlgebra
import NeuralNetworks
import Testing

@Suite struct AdamTests {
  @Test func `three steps are those of Kingma and Ba's algorithm 1`() {
    let parameters = ParameterSet<Double>([("x", [2])])
    parameters.values.copy(from: [1, -2])
    let adam = Adam(parameters, settings: AdamSettings(learningRate: 0.1))
    var theta = [1.0, -2.0], m = [0.0, 0.0], v = [0.0, 0.0]
    for t in 1...3 {
      let gradient = theta.map { 3 * $0 + 1 }
      adam.beginStep()
      adam.update(0..<2, gradientShares: [Vector(gradient)])
      for i in 0..<2 {
        m[i] = 0.9 * m[i] + 0.1 * gradient[i]
        v[i] = 0.999 * v[i] + 0.001 * gradient[i] * gradient[i]
        let mHat = m[i] / (1 - [0.9, 0.81, 0.729][t - 1])
        let vHat = v[i] / (1 - [0.999, 0.998001, 0.997002999][t - 1])
        theta[i] -= 0.1 * mHat / (vHat.squareRoot() + 1e-8)
      }
      for i in 0..<2 { #expect(abs(parameters.values[i] - theta[i]) < 1e-12) }
    }
  }

  @Test func `Float's steps are Double's, at every length`() {
    for count in 1...19 {
      let single = ParameterSet<Float>([("x", [count])]), double = ParameterSet<Double>([("x", [count])])
      let one = Adam(single, settings: AdamSettings(learningRate: 0.01))
      let two = Adam(double, settings: AdamSettings(learningRate: 0.01))
      for step in 1...5 {
        let gradient = (0..<count).map { 0.25 * Double($0 - 4) + 0.5 * Double(step) }
        one.beginStep()
        one.update(0..<count, gradientShares: [Vector(gradient.map { Float($0) })])
        two.beginStep()
        two.update(0..<count, gradientShares: [Vector(gradient)])
      }
      for (a, b) in zip(single.values.array, double.values.array) { #expect(abs(Double(a) - b) < 1e-7) }
    }
  }

  @Test func `shares of the gradient are added up, and parts of the parameters may be stepped apart`() {
    let whole = ParameterSet<Float>([("x", [40])])
    let parts = whole.zeros()
    let a = Vector<Float>((0..<40).map { Float($0) - 20 })
    let b = Vector<Float>((0..<40).map { 0.5 * Float($0) })
    let sum = Vector<Float>(zip(a.array, b.array).map { $0 + $1 })
    let one = Adam(whole, settings: AdamSettings())
    let two = Adam(parts, settings: AdamSettings())
    for _ in 0..<2 {
      one.beginStep()
      one.update(0..<40, gradientShares: [sum])
      two.beginStep()
      let first = Vector(a.array)
      two.update(0..<16, gradientShares: [first, b])
      two.update(16..<40, gradientShares: [first, b])
    }
    #expect(whole.values.array == parts.values.array)
    #expect(whole.values[0] > 0 && whole.values[39] < 0)
  }

  @Test(arguments: [1, 2, 3, 5]) func `a gradient in any number of shares is their sum, and stays its caller's`(_ count: Int) {
    let whole = ParameterSet<Double>([("x", [40])])
    let parts = whole.zeros()
    let shares = (0..<count).map { _ in Vector<Double>(count: 40) }
    for (share, vector) in shares.enumerated() {
      for index in 0..<40 { vector[index] = Double((index * 7 + share * 3) % 11 - 5) }
    }
    let values = shares.map { $0.array }
    let sum = Vector<Double>(count: 40)
    for share in shares { sum.add(share) }
    let one = Adam(whole, settings: AdamSettings())
    let two = Adam(parts, settings: AdamSettings(), gradientShares: count)
    for _ in 0..<3 {
      one.beginStep()
      one.update(0..<40, gradientShares: [sum])
      two.beginStep()
      two.update(0..<16, gradientShares: shares)
      two.update(16..<40, gradientShares: shares)
      #expect(shares.map { $0.array } == values)
    }
    // Whole numbers: every order of addition gives the same.
    #expect(whole.values.array == parts.values.array && whole.values.array.contains { $0 != 0 })
  }
}
