/// What a cost's limit limits.
public enum CostKind: String, Sendable, CaseIterable {
  /// The discounted sum of an episode's costs.
  case sum
  /// The average cost per step, carried on for ever: average/(1 − γ).
  case average

  /// What a finished episode counts as in J_C.
  func constraintValue(of episode: EpisodeSummary, gamma: Double) -> Double {
    switch self {
    case .sum: episode.discountedCost
    case .average: episode.cost / Double(episode.length) / (1 - gamma)
    }
  }
}
