import Random
import RealModule

extension Matrix {
  /// Fills with independent standard normal numbers, row by row, by Box and Muller's transform.
  ///
  /// One draw of the generator gives two numbers; they come in blocks of thirty-two, and what a last block has to spare is dropped.
  @specialized(where S == Float)
  @specialized(where S == Double)
  public func fillStandardNormal(using generator: inout SeededGenerator) {
    var memory = InlineArray<32, S>(repeating: 0)
    var span = memory.mutableSpan
    span.withUnsafeMutableBufferPointer { buffer in
      guard let block = buffer.baseAddress else { return }
      var next = 32
      for row in 0..<rows {
        var column = 0
        while column < columns {
          if next == 32 {
            drawUniforms(into: block, using: &generator)
            S.makeNormal(block)
            next = 0
          }
          let count = min(columns - column, 32 - next)
          (pointer + row * stride + column).update(from: block + next, count: count)
          column += count
          next += count
        }
      }
    }
  }

  /// Sixteen numbers of (0, 1] in steps of 2⁻⁴⁰, fine enough for normal numbers up to 7.4, then sixteen of [0, 1) in steps of 2⁻²⁴.
  @inline(__always)
  private func drawUniforms(into block: UnsafeMutablePointer<S>, using generator: inout SeededGenerator) {
    for index in 0..<16 {
      let bits = generator.next()
      block[index] = S(bits >> 24 + 1) * 0x1p-40
      block[16 + index] = S(bits & 0xFF_FFFF) * 0x1p-24
    }
  }
}

extension Double {
  public static func makeNormal(_ block: UnsafeMutablePointer<Double>) {
    for index in 0..<16 {
      let radius = (-2 * Double.log(block[index])).squareRoot()
      let angle = 2 * Double.pi * block[16 + index]
      block[index] = radius * Double.cos(angle)
      block[16 + index] = radius * Double.sin(angle)
    }
  }
}

extension Float {
  public static func makeNormal(_ block: UnsafeMutablePointer<Float>) {
    let (first, second) = (WholeSixteen(start: 0), WholeSixteen(start: 16))
    let radius = squareRoots(-2 * log16(first.load(block)))
    let (cosine, sine) = cosineAndSine16(ofTurns: second.load(block))
    first.store(radius * cosine, block)
    second.store(radius * sine, block)
  }

  /// Within 2·10⁻⁷ of itself or of 1, whichever is more, of ln x for normal positive x.
  ///
  /// x = 2ⁿ·m with m in [√½, √2), then the minimax polynomial of Cephes' `logf` in m − 1; n·ln 2 is added in two parts.
  @inline(__always)
  package static func log16(_ x: SIMD16<Float>) -> SIMD16<Float> {
    let bits = unsafeBitCast(x, to: SIMD16<Int32>.self)
    let exponent = (bits &- 0x3F35_04F3) &>> 23  // the bits of √½
    let n = unsafeBitCast(exponent &+ 0x4B40_0000, to: SIMD16<Float>.self) - 12_582_912
    let f = unsafeBitCast(bits &- (exponent &<< 23), to: SIMD16<Float>.self) - 1
    let square = f * f
    var p = SIMD16<Float>(repeating: 7.037_683_63e-2)
    p = p.addingProductOf(f, addedTo: -1.151_461_03e-1)
    p = p.addingProductOf(f, addedTo: 1.167_699_87e-1)
    p = p.addingProductOf(f, addedTo: -1.242_014_08e-1)
    p = p.addingProductOf(f, addedTo: 1.424_932_28e-1)
    p = p.addingProductOf(f, addedTo: -1.666_805_77e-1)
    p = p.addingProductOf(f, addedTo: 2.000_071_48e-1)
    p = p.addingProductOf(f, addedTo: -2.499_999_40e-1)
    p = p.addingProductOf(f, addedTo: 3.333_333_12e-1)
    let small = n.addingProductOf(-2.121_944_4e-4, addedTo: p * f * square) - 0.5 * square
    return n.addingProductOf(0.693_359_375, addedTo: f + small)
  }

  /// Within 1.2·10⁻⁷ of cos 2πt and sin 2πt, for t in [0, 1) with at most 24 binary places.
  ///
  /// What is left of t after the nearest quarter turn is exact; Cephes' polynomials for |angle| ≤ π/4 do the rest.
  @inline(__always)
  package static func cosineAndSine16(ofTurns t: SIMD16<Float>) -> (SIMD16<Float>, SIMD16<Float>) {
    let nearest = (4 * t).rounded(.toNearestOrEven)
    let quarter = unsafeBitCast(nearest + 12_582_912, to: SIMD16<Int32>.self)
    let x = (t - 0.25 * nearest) * (2 * Float.pi)
    let square = x * x
    var s = SIMD16<Float>(repeating: -1.951_529_6e-4)
    s = s.addingProductOf(square, addedTo: 8.332_160_9e-3)
    s = s.addingProductOf(square, addedTo: -1.666_665_46e-1)
    s = s.addingProductOf(square * x, addedTo: x)
    var c = SIMD16<Float>(repeating: 2.443_315_7e-5)
    c = c.addingProductOf(square, addedTo: -1.388_731_63e-3)
    c = c.addingProductOf(square, addedTo: 4.166_664_57e-2)
    c = c.addingProductOf(square * square, addedTo: 1 - 0.5 * square)
    // After a quarter turn cosine and sine change places, each with its sign. By bits: comparing would go number by number.
    let (cosineBits, sineBits) = (unsafeBitCast(c, to: SIMD16<Int32>.self), unsafeBitCast(s, to: SIMD16<Int32>.self))
    let changed = (cosineBits ^ sineBits) & (0 &- (quarter & 1))
    return (
      unsafeBitCast(cosineBits ^ changed ^ ((quarter &+ 1) & 2) &<< 30, to: SIMD16<Float>.self),
      unsafeBitCast(sineBits ^ changed ^ (quarter & 2) &<< 30, to: SIMD16<Float>.self)
    )
  }
}
