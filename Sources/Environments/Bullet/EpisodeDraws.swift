import Random

/// An episode's random numbers: drawn, or first those of a recording. Copying the state of the generator that starts an
/// episode is enough to replay all of it, as draws within the episode come from a generator made at its start.
struct EpisodeDraws: Sendable {
  private let recorded: [Double]
  private var generator: SeededGenerator
  private(set) var consumed = 0
  /// All so far, to be replayed by; an episode has tens.
  private(set) var values: [Double] = []

  init(using generator: inout some RandomNumberGenerator) {
    recorded = []
    self.generator = SeededGenerator(seed: generator.next())
  }

  init(replaying recorded: [Double]) {
    self.recorded = recorded
    generator = SeededGenerator(seed: 0)
  }

  /// Uniform in [low, high), or the recording's next number, which was.
  mutating func uniform(_ low: Double, _ high: Double) -> Double {
    let value = consumed < recorded.count ? recorded[consumed] : generator.uniform(low, high)
    consumed += 1
    values.append(value)
    return value
  }
}
