import LinearAlgebra

/// The Lagrange multiplier λ of the safety constraint J_C ≤ d₀: λ ← [λ + η(J_C − d₀)]₊ after each training episode.
public final class Multiplier {
  /// λ, return per unit of discounted cost; starts at 0.
  public private(set) var value = 0.0
  /// Constraint values of the last finished episodes, oldest first; J_C is their mean.
  package private(set) var recent: [Double] = []
  public let limit: Double
  public let rate: Double
  /// How many episodes J_C is averaged over.
  public static let window = 10

  /// - Parameters:
  ///   - limit: d₀, discounted cost.
  ///   - rate: η.
  public init(limit: Double, rate: Double) {
    self.limit = limit
    self.rate = rate
    recent.reserveCapacity(Self.window + 1)
  }

  /// Takes in a finished episode's constraint value.
  public func episodeEnded(constraintValue: Double) {
    recent.append(constraintValue)
    if recent.count > Self.window { recent.removeFirst() }
    let average = recent.reduce(0, +) / Double(recent.count)
    value = max(0, value + rate * (average - limit))
  }

  /// Takes up where another left off.
  package func restore(value: Double, recent: [Double]) {
    self.value = value
    self.recent = recent
  }

  /// λ and the window behind J_C.
  func state<S: Scalar>() -> [AgentState<S>] {
    [
      AgentState("multiplier/value", .number(get: { self.value }, set: { self.value = $0 })),
      AgentState("multiplier/recent", .numbers(get: { self.recent }, set: { self.recent = $0 }, limit: Self.window)),
    ]
  }

  /// λ as acting needs it.
  func attribute<S: Scalar>() -> AgentState<S> {
    AgentState("lambda", .number(get: { self.value }, set: { self.value = $0 }))
  }
}
