import Gym

/// Progress made on the ground does not count: crawling is no way to a flag.
struct Crawling {
  private var startPotential: Double?
  private var ignoredPotential = 0.0

  /// - Parameters:
  ///   - potential: of the distance to the target.
  ///   - height: of the torso, metres.
  /// - Returns: the potential without what was gained while down.
  mutating func discount(_ potential: Double, height: Double) -> Double {
    guard height < 0.8 else {
      startPotential = nil
      return potential - ignoredPotential
    }
    let start = startPotential ?? potential - ignoredPotential
    startPotential = start
    ignoredPotential = potential - start
    return start
  }
}
