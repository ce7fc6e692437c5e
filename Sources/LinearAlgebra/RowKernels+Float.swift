// Sixteen numbers at a time, the last few of a row padded with zeros. Written on SIMD16<Float> itself: comparisons of a generic SIMD
// type compile to a loop over its elements.

@inline(__always)
private func load(_ pointer: UnsafePointer<Float>, _ index: Int) -> SIMD16<Float> {
  UnsafeRawPointer(pointer + index).loadUnaligned(as: SIMD16<Float>.self)
}

@inline(__always)
private func loadPartly(_ pointer: UnsafePointer<Float>, _ range: Range<Int>) -> SIMD16<Float> {
  var x = SIMD16<Float>()
  for index in range { x[index - range.lowerBound] = pointer[index] }
  return x
}

/// x[i] ← f(i-th sixteen of x, loader of the same sixteen of another row, what stores sixteen there).
@inline(__always)
private func map(
  _ x: UnsafeMutablePointer<Float>, _ count: Int,
  _ f: (
    SIMD16<Float>, (UnsafePointer<Float>) -> SIMD16<Float>, (UnsafeMutablePointer<Float>, SIMD16<Float>) -> Void
  ) -> SIMD16<Float>
) {
  var index = 0
  while index + 16 <= count {
    let y = f(load(x, index), { load($0, index) }) {
      UnsafeMutableRawPointer($0 + index).storeBytes(of: $1, as: SIMD16<Float>.self)
    }
    UnsafeMutableRawPointer(x + index).storeBytes(of: y, as: SIMD16<Float>.self)
    index += 16
  }
  if index < count {
    let rest = index..<count
    let y = f(loadPartly(x, rest), { loadPartly($0, rest) }) { target, values in
      for last in rest { target[last] = values[last - index] }
    }
    for last in rest { x[last] = y[last - index] }
  }
}

extension Float: RowKernels {
  public static func rectify(_ x: UnsafeMutablePointer<Float>, _ count: Int) {
    map(x, count) { x, _, _ in x.replacing(with: 0, where: x .< 0) }
  }

  public static func keepWherePositive(_ x: UnsafeMutablePointer<Float>, _ y: UnsafePointer<Float>, _ count: Int) {
    map(x, count) { x, same, _ in SIMD16<Float>(repeating: 0).replacing(with: x, where: same(y) .> 0) }
  }

  public static func copyWherePositive(
    _ x: UnsafeMutablePointer<Float>, _ w: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ count: Int
  ) {
    map(x, count) { _, same, _ in SIMD16<Float>(repeating: 0).replacing(with: same(w), where: same(y) .> 0) }
  }

  public static func elu(_ x: UnsafeMutablePointer<Float>, _ count: Int) {
    map(x, count) { x, _, _ in (exp16(x) - 1).replacing(with: x, where: x .> 0) }
  }

  public static func multiplyByELUDerivative(
    _ x: UnsafeMutablePointer<Float>, _ y: UnsafePointer<Float>, _ count: Int
  ) {
    map(x, count) { x, same, _ in
      let y = same(y)
      return x * (y + 1).replacing(with: 1, where: y .> 0)
    }
  }

  public static func sigmoid(_ x: UnsafeMutablePointer<Float>, _ count: Int) {
    map(x, count) { x, _, _ in 1 / (1 + exp16(-x)) }
  }

  public static func adamStep(
    theta: UnsafeMutablePointer<Float>, first: UnsafeMutablePointer<Float>, second: UnsafeMutablePointer<Float>,
    gradient: UnsafePointer<Float>, other: UnsafePointer<Float>?, _ count: Int, _ c: AdamConstants<Float>
  ) {
    // One pass: the five arrays together are beyond the second-level cache.
    map(theta, count) { theta, same, update in
      let g = other.map { same(gradient) + same($0) } ?? same(gradient)
      let m = c.beta1 * same(first) + c.share1 * g
      let v = c.beta2 * same(second) + c.share2 * (g * g)
      update(first, m)
      update(second, v)
      return theta - c.stepSize * m / (v.squareRoot() * c.scale + c.epsilon)
    }
  }
}
