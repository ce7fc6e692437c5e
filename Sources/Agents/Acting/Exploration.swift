import LinearAlgebra

/// How a soft actor-critic explores: the catalogue of exploration rules.
///
/// One more rule is a file of its own, with its ``ActionSampler``, a value of this type that makes it, and its line in ``allCases``.
public struct Exploration: RawRepresentable, CaseIterable, Sendable, Hashable {
  /// As settings name it.
  public let rawValue: String
  let rule: any ExplorationRule

  init(_ rawValue: String, _ rule: any ExplorationRule) {
    self.rawValue = rawValue
    self.rule = rule
  }

  public init?(rawValue: String) {
    guard let known = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = known
  }

  /// One line for each rule.
  public static let allCases = [gaussian, proposed, conventional, flow, noisy, optimistic]

  public static func == (first: Exploration, second: Exploration) -> Bool { first.rawValue == second.rawValue }
  public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

/// Makes what explores for an agent.
protocol ExplorationRule: Sendable {
  /// - Parameter surfaces: what actions may climb; they have begun at the states by the time of a draw.
  func makeSampler<S: Scalar>(
    for agent: SoftActorCriticModel<S>, surfaces: ActionValueSurfaces<S>, rows: Int
  ) -> any ActionSampler<S>
}
