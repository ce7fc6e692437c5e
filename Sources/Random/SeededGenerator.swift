/// A small, fast, seedable generator whose whole state can be stored and restored: xoshiro256**.
/// - Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47 (2021).
public struct SeededGenerator: RandomNumberGenerator, Sendable, Equatable {
  /// The complete state, four 64-bit words, never all zero.
  public private(set) var state: (UInt64, UInt64, UInt64, UInt64)

  /// A generator for one purpose of one run: different streams of one seed are statistically independent.
  public init(seed: UInt64, stream: UInt64 = 0) {
    // SplitMix64 spreads seeds that differ in a few bits over the whole state, as the authors advise.
    var mixer = SplitMix64(state: seed)
    var streamMixer = SplitMix64(state: mixer.next() ^ (stream &* 0xD129_0A0C_5A3F_3D2B))
    state = (streamMixer.next(), streamMixer.next(), streamMixer.next(), streamMixer.next())
  }

  /// Continues from a stored ``state``; `nil` for the all-zero state, from which xoshiro never leaves.
  public init?(state: (UInt64, UInt64, UInt64, UInt64)) {
    guard state != (0, 0, 0, 0) else { return nil }
    self.state = state
  }

  public mutating func next() -> UInt64 {
    let result = rotateLeft(state.1 &* 5, 7) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = rotateLeft(state.3, 45)
    return result
  }

  public static func == (left: Self, right: Self) -> Bool { left.state == right.state }
}

private func rotateLeft(_ value: UInt64, _ count: UInt64) -> UInt64 { (value << count) | (value >> (64 - count)) }

/// Steele, Lea and Flood 2014; here only to seed.
private struct SplitMix64 {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
