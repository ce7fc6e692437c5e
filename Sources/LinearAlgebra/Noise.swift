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
