extension Float {
  /// Within 1.5 ulp of eˣ between the smallest and largest finite results; 0 below, +∞ above, NaN for NaN.
  ///
  /// x = n·ln 2 + r with |r| ≤ ½ ln 2 (Cody and Waite's two-part ln 2 keeps r exact), then eʳ by the minimax polynomial of
  /// Cephes' `expf`, and 2ⁿ by way of the exponent bits, in two factors so that n = 128 does not overflow early.
  @inline(__always)
  public static func exp16(_ x: SIMD16<Float>) -> SIMD16<Float> {
    let bounded = x.replacing(with: -104, where: x .< -104).replacing(with: 89, where: x .> 89)
    let n = (bounded * 1.442_695_04).rounded(.toNearestOrEven)
    var r = n.addingProductOf(-0.693_359_375, addedTo: bounded)
    r = n.addingProductOf(2.121_944_4e-4, addedTo: r)
    var p = SIMD16<Float>(repeating: 1.987_569_15e-4)
    p = p.addingProductOf(r, addedTo: 1.398_199_95e-3)
    p = p.addingProductOf(r, addedTo: 8.333_451_9e-3)
    p = p.addingProductOf(r, addedTo: 4.166_579_6e-2)
    p = p.addingProductOf(r, addedTo: 1.666_666_55e-1)
    p = p.addingProductOf(r, addedTo: 0.5)
    p = p.addingProductOf(r * r, addedTo: r) + 1
    let exponent = unsafeBitCast(n + 12_582_912, to: SIMD16<Int32>.self) &- 0x4B40_0000
    let half = exponent &>> 1
    let first = unsafeBitCast((half &+ 127) &<< 23, to: SIMD16<Float>.self)
    let second = unsafeBitCast((exponent &- half &+ 127) &<< 23, to: SIMD16<Float>.self)
    let result = p * first * second
    return result.replacing(with: x, where: x .!= x)
  }
}

extension SIMD16 where Scalar == Float {
  /// self · factor + addend. Not a fused operation: a fused one would round differently on machines without it.
  @inline(__always)
  func addingProductOf(_ factor: SIMD16<Float>, addedTo addend: SIMD16<Float>) -> SIMD16<Float> { self * factor + addend }

  @inline(__always)
  func addingProductOf(_ factor: Float, addedTo addend: SIMD16<Float>) -> SIMD16<Float> { self * factor + addend }

  @inline(__always)
  func addingProductOf(_ factor: SIMD16<Float>, addedTo addend: Float) -> SIMD16<Float> { self * factor + addend }
}
