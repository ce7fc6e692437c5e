import LinearAlgebra

/// The Lagrange multiplier λ of a safety constraint, as it follows the episodes of training.
public final class Multiplier {
  /// λ, return per unit of discounted cost; starts at 0.
  public private(set) var value = 0.0
  /// Of the last episodes that count, oldest first: their costs as the constraint takes them, and their lengths.
  package private(set) var recent: [Double] = []
  private var recentSteps: [Double] = []
  public let constraint: CostConstraint
  public let rule: MultiplierRule
  /// How many episodes J_C is measured over.
  public static let window = 10

  public init(_ constraint: CostConstraint, rule: MultiplierRule) {
    self.constraint = constraint
    self.rule = rule
    recent.reserveCapacity(Self.window + 1)
    recentSteps.reserveCapacity(Self.window + 1)
  }

  /// J_C; `nil` before the first episode that counts.
  public var constraintValue: Double? { recent.isEmpty ? nil : constraint.value(costs: recent, steps: recentSteps) }

  /// Takes in a finished training episode.
  public func episodeEnded(_ episode: EpisodeSummary) {
    guard rule.counts(episode) else { return }
    recent.append(constraint.cost(of: episode))
    recentSteps.append(Double(episode.length))
    // Lengths are fewer where a file of sums had none.
    if recent.count > Self.window { recent.removeFirst() }
    if recentSteps.count > Self.window { recentSteps.removeFirst() }
    value = rule.multiplier(
      after: value, constraintValue: constraint.value(costs: recent, steps: recentSteps), constraint, steps: episode.length)
  }

  /// Takes up where another left off.
  package func restore(value: Double, recent: [Double], steps: [Double]) {
    self.value = value
    self.recent = recent
    recentSteps = steps
  }

  /// λ and the window behind J_C.
  package func state<S: Scalar>() -> [AgentState<S>] {
    var state = [
      AgentState<S>("multiplier/value", .number(get: { self.value }, set: { self.value = $0 })),
      AgentState<S>("multiplier/recent", .numbers(get: { self.recent }, set: { self.recent = $0 }, limit: Self.window)),
    ]
    // A sum has no use for lengths, and files of sums did not have them at first.
    if constraint.kind == .average {
      state.append(
        AgentState(
          "multiplier/recent_steps",
          .numbers(get: { self.recentSteps }, set: { self.recentSteps = $0 }, limit: Self.window)))
    }
    return state
  }

  /// λ as acting needs it.
  func attribute<S: Scalar>() -> AgentState<S> {
    AgentState("lambda", .number(get: { self.value }, set: { self.value = $0 }))
  }
}
