import LinearAlgebra

/// Layer normalisation, a view into a network's ``ParameterSet``; a gradient has the same form.
///
/// Each row of a layer's sums is brought to mean 0 and variance 1 over the layer's units, then scaled and shifted per unit.
/// - Source: Ba, Kiros and Hinton 2016, arXiv:1607.06450; the constants are PyTorch's `nn.LayerNorm`.
public struct LayerNormalization<S: Scalar> {
  /// Added to the variance, so that a row of equal sums becomes zeros.
  public static var epsilon: Double { 1e-5 }

  /// [units]; starts at 1.
  public let scale: Vector<S>
  /// [units]; starts at 0.
  public let shift: Vector<S>

  public init(scale: Vector<S>, shift: Vector<S>) {
    demand(scale.count == shift.count, "\(scale.count) scales do not go with \(shift.count) shifts")
    self.scale = scale
    self.shift = shift
  }

  public var units: Int { scale.count }

  /// What the way back needs of a forward pass, for a fixed number of rows.
  public struct Memory {
    /// x̂: the sums that came in, then normalised in place, [rows, units].
    public let standardized: Matrix<S>
    /// 1/√(variance + ε), [rows].
    let inverseDeviations: Vector<S>

    public init(rows: Int, units: Int) {
      standardized = Matrix(rows: rows, columns: units)
      inverseDeviations = Vector(count: rows)
    }
  }

  // x̂ = (z − mean z)/√(var z + ε)      y = scale ⊙ x̂ + shift      mean and (biased) variance over the n units of a row
  // ∂L/∂scale = Σ_rows ∂L/∂y ⊙ x̂       ∂L/∂shift = Σ_rows ∂L/∂y
  // With δ = scale ⊙ ∂L/∂y:  ∂L/∂z = (δ − mean δ − x̂ · mean(δ ⊙ x̂))/√(var z + ε)

  /// y ← f(scale ⊙ x̂ + shift).
  /// - Parameter memory: its `standardized` holds the sums z.
  public func forward(_ memory: Memory, into y: Matrix<S>, activation: Activation = .identity) {
    standardize(memory)
    setScaled(memory.standardized, into: y)
    activation.apply(to: y)
  }

  /// ∂L/∂y, in place, becomes ∂L/∂z.
  /// - Parameter rows: which of the memory's rows each row of the gradient belongs to; the same one without a list.
  public func backward(_ gradient: Matrix<S>, _ memory: Memory, rows list: RowList? = nil) {
    demand(
      gradient.columns == units && (list?.count ?? memory.standardized.rows) == gradient.rows,
      "a gradient \(gradient.shape) for sums \(memory.standardized.shape)")
    setInputGradient(gradient, memory, list)
  }

  /// The gradient of a loss by scale and shift, `self` being where it goes.
  /// - Parameter outputGradient: ∂L/∂y, [rows, units].
  public func setGradient(outputGradient: Matrix<S>, _ memory: Memory) {
    demand(
      outputGradient.columns == units && outputGradient.rows == memory.standardized.rows,
      "a gradient \(outputGradient.shape) for sums \(memory.standardized.shape)")
    outputGradient.sumRows(into: shift)
    setScaleGradient(outputGradient, memory.standardized)
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func standardize(_ memory: Memory) {
    let z = memory.standardized
    demand(z.columns == units, "\(z.columns) sums for a normalisation of \(units)")
    for row in 0..<z.rows {
      memory.inverseDeviations.pointer[row] = Self.standardize(z.pointer + row * z.stride, units)
    }
  }

  /// Brings a row to mean 0 and variance 1, and returns 1/√(variance + ε).
  @inline(__always)
  private static func standardize(_ z: UnsafeMutablePointer<S>, _ count: Int) -> S {
    let mean = Rows.sum(z, count) / S(count)
    let variance = Rows.sumOfSquares(z, less: mean, count) / S(count)
    guard variance.isFinite else { return standardizeLarge(z, count) }
    let inverse = 1 / (variance + S(epsilon)).squareRoot()
    for i in 0..<count { z[i] = (z[i] - mean) * inverse }
    return inverse
  }

  /// Where squares overflow: in units of the largest. What is not finite becomes NaN, and shows.
  private static func standardizeLarge(_ z: UnsafeMutablePointer<S>, _ count: Int) -> S {
    var largest: S = 0
    for i in 0..<count where !(abs(z[i]) <= largest) { largest = abs(z[i]) }
    for i in 0..<count { z[i] /= largest }
    let mean = Rows.sum(z, count) / S(count)
    let variance = Rows.sumOfSquares(z, less: mean, count) / S(count)
    // ε is nothing beside squares of such size, unless all are equal.
    let inverse = variance == 0 ? 0 : 1 / variance.squareRoot()
    for i in 0..<count { z[i] = (z[i] - mean) * inverse }
    return variance == 0 ? 1 / S(epsilon).squareRoot() : inverse / largest
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func setScaled(_ x: Matrix<S>, into y: Matrix<S>) {
    demand(y.rows == x.rows && y.columns == x.columns, "normalised \(x.shape) into \(y.shape)")
    for row in 0..<x.rows {
      let from = x.pointer + row * x.stride
      let to = y.pointer + row * y.stride
      for i in 0..<units { to[i] = scale.pointer[i] * from[i] + shift.pointer[i] }
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func setInputGradient(_ gradient: Matrix<S>, _ memory: Memory, _ list: RowList?) {
    let x = memory.standardized
    for index in 0..<gradient.rows {
      let row = list.map { Int($0.storage[index]) } ?? index
      let delta = gradient.pointer + index * gradient.stride
      let standardized = x.pointer + row * x.stride
      for i in 0..<units { delta[i] *= scale.pointer[i] }
      let mean = Rows.sum(delta, units) / S(units)
      let along = Rows.dot(delta, standardized, units) / S(units)
      let inverse = memory.inverseDeviations.pointer[row]
      for i in 0..<units { delta[i] = (delta[i] - mean - standardized[i] * along) * inverse }
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func setScaleGradient(_ outputGradient: Matrix<S>, _ x: Matrix<S>) {
    scale.fill(0)
    for row in 0..<x.rows {
      let delta = outputGradient.pointer + row * outputGradient.stride
      let standardized = x.pointer + row * x.stride
      for i in 0..<units { scale.pointer[i] += delta[i] * standardized[i] }
    }
  }
}

/// Sums over a row, eight at a time: added up one by one, each addition would wait for the one before.
private enum Rows {
  @inline(__always)
  static func sum<S: Scalar>(_ x: UnsafePointer<S>, _ count: Int) -> S {
    sum(count, whole: { load(x, $0) }, part: { x[$0] })
  }

  @inline(__always)
  static func sumOfSquares<S: Scalar>(_ x: UnsafePointer<S>, less mean: S, _ count: Int) -> S {
    sum(
      count,
      whole: {
        let difference = load(x, $0) - SIMD8(repeating: mean)
        return difference * difference
      },
      part: { (x[$0] - mean) * (x[$0] - mean) })
  }

  @inline(__always)
  static func dot<S: Scalar>(_ x: UnsafePointer<S>, _ y: UnsafePointer<S>, _ count: Int) -> S {
    sum(count, whole: { load(x, $0) * load(y, $0) }, part: { x[$0] * y[$0] })
  }

  @inline(__always)
  private static func sum<S: Scalar>(_ count: Int, whole: (Int) -> SIMD8<S>, part: (Int) -> S) -> S {
    var sums = SIMD8<S>(repeating: 0)
    var start = 0
    while start &+ 8 <= count {
      sums += whole(start)
      start &+= 8
    }
    var rest: S = 0
    while start < count {
      rest += part(start)
      start &+= 1
    }
    return sums.sum() + rest
  }

  @inline(__always)
  private static func load<S: Scalar>(_ x: UnsafePointer<S>, _ start: Int) -> SIMD8<S> {
    UnsafeRawPointer(x + start).loadUnaligned(as: SIMD8<S>.self)
  }
}
