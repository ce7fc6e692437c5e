import Glibc

// The draws that tasks and agents need. None keeps state of its own: the generator's state is all there is to store.
extension RandomNumberGenerator {
  /// Uniform in [0, 1), a multiple of 2⁻⁵³.
  public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// Uniform in [low, high), as `numpy.random.Generator.uniform`: low + (high − low)·u.
  public mutating func uniform(_ low: Double, _ high: Double) -> Double {
    low + (high - low) * uniform()
  }

  /// Uniform in 0..<count, without modulo bias.
  public mutating func index(below count: Int) -> Int {
    Int(next(upperBound: UInt64(count)))
  }

  /// Standard normal, by Box and Muller's transform of two uniforms.
  public mutating func standardNormal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()  // 1 − u is in (0, 1]: the logarithm is finite
    return radius * cos(2 * Double.pi * uniform())
  }
}
