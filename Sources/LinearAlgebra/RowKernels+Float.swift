// Written on SIMD16<Float> itself: comparisons of a generic SIMD type compile to a loop over its elements. And functions are types:
// closures that are handed on stay calls.

private protocol RowFunction {
  /// What becomes of `x`, the numbers `here` of its row; the same numbers of other rows can be looked at and changed.
  func callAsFunction(_ x: SIMD16<Float>, _ here: some Sixteen) -> SIMD16<Float>
}

/// x ← f(x).
@inline(__always)
private func map(_ x: UnsafeMutablePointer<Float>, _ count: Int, _ f: some RowFunction) {
  var start = 0
  while start &+ 16 <= count {
    let here = WholeSixteen(start: start)
    here.store(f(here.load(x), here), x)
    start &+= 16
  }
  if start < count {
    let here = PartOfSixteen(range: start..<count)
    here.store(f(here.load(x), here), x)
  }
}

private struct Rectify: RowFunction {
  @inline(__always)
  func callAsFunction(_ x: SIMD16<Float>, _: some Sixteen) -> SIMD16<Float> { x.replacing(with: 0, where: x .< 0) }
}

private struct KeepWherePositive: RowFunction {
  let y: UnsafePointer<Float>
  @inline(__always)
  func callAsFunction(_ x: SIMD16<Float>, _ here: some Sixteen) -> SIMD16<Float> {
    SIMD16<Float>(repeating: 0).replacing(with: x, where: here.load(y) .> 0)
  }
}

private struct CopyWherePositive: RowFunction {
  let w: UnsafePointer<Float>
  let y: UnsafePointer<Float>
  @inline(__always)
  func callAsFunction(_: SIMD16<Float>, _ here: some Sixteen) -> SIMD16<Float> {
    SIMD16<Float>(repeating: 0).replacing(with: here.load(w), where: here.load(y) .> 0)
  }
}

private struct ELU: RowFunction {
  @inline(__always)
  func callAsFunction(_ x: SIMD16<Float>, _: some Sixteen) -> SIMD16<Float> {
    (Float.exp16(x) - 1).replacing(with: x, where: x .> 0)
  }
}

private struct MultiplyByELUDerivative: RowFunction {
  let y: UnsafePointer<Float>
  @inline(__always)
  func callAsFunction(_ x: SIMD16<Float>, _ here: some Sixteen) -> SIMD16<Float> {
    let y = here.load(y)
    return x * (y + 1).replacing(with: 1, where: y .> 0)
  }
}

private struct Sigmoid: RowFunction {
  @inline(__always)
  func callAsFunction(_ x: SIMD16<Float>, _: some Sixteen) -> SIMD16<Float> { 1 / (1 + Float.exp16(-x)) }
}

/// One pass: the five arrays together are beyond the second-level cache.
private struct AdamStep<Gradient: AdamGradient>: RowFunction {
  let first: UnsafeMutablePointer<Float>
  let second: UnsafeMutablePointer<Float>
  let gradient: Gradient
  let c: AdamConstants<Float>

  @inline(__always)
  func callAsFunction(_ theta: SIMD16<Float>, _ here: some Sixteen) -> SIMD16<Float> {
    let g = gradient.load(here)
    let m = c.beta1 * here.load(first) + c.share1 * g
    let v = c.beta2 * here.load(second) + c.share2 * (g * g)
    here.store(m, first)
    here.store(v, second)
    return theta - c.stepSize * m / (squareRoots(v) * c.scale + c.epsilon)
  }
}

private protocol AdamGradient {
  func load(_ here: some Sixteen) -> SIMD16<Float>
}

private struct WholeGradient: AdamGradient {
  let whole: UnsafePointer<Float>
  @inline(__always)
  func load(_ here: some Sixteen) -> SIMD16<Float> { here.load(whole) }
}

private struct SharedGradient: AdamGradient {
  let one: UnsafePointer<Float>
  let other: UnsafePointer<Float>
  @inline(__always)
  func load(_ here: some Sixteen) -> SIMD16<Float> { here.load(one) + here.load(other) }
}

extension Float: RowKernels {
  public static func rectify(_ x: UnsafeMutablePointer<Float>, _ count: Int) { map(x, count, Rectify()) }

  public static func keepWherePositive(_ x: UnsafeMutablePointer<Float>, _ y: UnsafePointer<Float>, _ count: Int) {
    map(x, count, KeepWherePositive(y: y))
  }

  public static func copyWherePositive(
    _ x: UnsafeMutablePointer<Float>, _ w: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ count: Int
  ) {
    map(x, count, CopyWherePositive(w: w, y: y))
  }

  public static func elu(_ x: UnsafeMutablePointer<Float>, _ count: Int) { map(x, count, ELU()) }

  public static func multiplyByELUDerivative(
    _ x: UnsafeMutablePointer<Float>, _ y: UnsafePointer<Float>, _ count: Int
  ) {
    map(x, count, MultiplyByELUDerivative(y: y))
  }

  public static func sigmoid(_ x: UnsafeMutablePointer<Float>, _ count: Int) { map(x, count, Sigmoid()) }

  public static func adamStep(
    theta: UnsafeMutablePointer<Float>, first: UnsafeMutablePointer<Float>, second: UnsafeMutablePointer<Float>,
    gradient: UnsafePointer<Float>, other: UnsafePointer<Float>?, _ count: Int, _ c: AdamConstants<Float>
  ) {
    if let other {
      map(theta, count, AdamStep(first: first, second: second, gradient: SharedGradient(one: gradient, other: other), c: c))
    } else {
      map(theta, count, AdamStep(first: first, second: second, gradient: WholeGradient(whole: gradient), c: c))
    }
  }
}
