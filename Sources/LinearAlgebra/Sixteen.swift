import CProcessor

/// Sixteen neighbours in a row of numbers, what loops over rows take at a time. Two types, so that whole sixteens are loaded without asking.
protocol Sixteen {
  func load(_ row: UnsafePointer<Float>) -> SIMD16<Float>
  func store(_ x: SIMD16<Float>, _ row: UnsafeMutablePointer<Float>)
}

struct WholeSixteen: Sixteen {
  let start: Int

  @inline(__always)
  func load(_ row: UnsafePointer<Float>) -> SIMD16<Float> {
    UnsafeRawPointer(row + start).loadUnaligned(as: SIMD16<Float>.self)
  }

  @inline(__always)
  func store(_ x: SIMD16<Float>, _ row: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(row + start).storeBytes(of: x, as: SIMD16<Float>.self)
  }
}

/// The last few of a row; zeros stand for those missing.
struct PartOfSixteen: Sixteen {
  let range: Range<Int>

  @inline(__always)
  func load(_ row: UnsafePointer<Float>) -> SIMD16<Float> {
    var x = SIMD16<Float>()
    withUnsafeMutableBytes(of: &x) {
      $0.copyMemory(from: UnsafeRawBufferPointer(start: row + range.lowerBound, count: range.count &* 4))
    }
    return x
  }

  @inline(__always)
  func store(_ x: SIMD16<Float>, _ row: UnsafeMutablePointer<Float>) {
    withUnsafeBytes(of: x) {
      UnsafeMutableRawPointer(row + range.lowerBound).copyMemory(from: $0.baseAddress!, byteCount: range.count &* 4)
    }
  }
}

@inline(__always)
func squareRoots(_ x: SIMD16<Float>) -> SIMD16<Float> {
  var x = x
  withUnsafeMutableBytes(of: &x) { processor_square_roots_of_16($0.assumingMemoryBound(to: Float.self).baseAddress!) }
  return x
}
