/// What a limit on costs is a limit on; a property of the cost.
public enum CostKind: String, Sendable, CaseIterable {
  /// The average cost of a step, such as a motor's torque.
  case average
  /// The sum of costs, such as the number of steps spent too fast.
  case sum
}

/// The safety constraint J_C ≤ d₀. The critic's target y_C and the measured J_C must mean the same quantity:
///
///             y_C                                       J_C of some episodes
///     sum     c + γ(1 − done)·Q̄_C(s′, a′)               mean of their discounted sums
///     average c + γ·(done ? d₀ : Q̄_C(s′, a′))           Σ costs / Σ steps / (1 − γ)
///
/// For an average a terminal state goes on at the limit for ever, so that ending an episode is neither rewarded nor punished: y_C − d₀ is
/// the ordinary target of the centred cost c − (1 − γ)·d₀. With the sum's target and the average's J_C an agent learns to fall: to its
/// critic a fall ends all cost, while the multiplier goes on rising.
public struct CostConstraint: Sendable, Equatable {
  public var kind: CostKind
  /// d₀, in units of discounted cost; of an average, a step's limit divided by 1 − γ.
  public var limit: Double
  /// γ < 1.
  public var gamma: Double

  public init(kind: CostKind, limit: Double, gamma: Double) {
    self.kind = kind
    self.limit = limit
    self.gamma = gamma
  }

  /// y_C. Where the episode is done its future is not looked at: it may be beyond what numbers can hold.
  /// - Parameter future: Q̄_C(s′, a′).
  @inline(__always)
  public func target<S: BinaryFloatingPoint>(cost: S, isTerminal: Bool, future: S) -> S {
    switch kind {
    case .sum: isTerminal ? cost : cost + S(gamma) * future
    case .average: cost + S(gamma) * (isTerminal ? S(limit) : future)
    }
  }

  /// What an episode's costs count as.
  public func cost(of episode: EpisodeSummary) -> Double { kind == .sum ? episode.discountedCost : episode.cost }

  /// J_C of some episodes, at least one.
  /// - Parameters:
  ///   - costs: ``cost(of:)`` of each.
  ///   - steps: how long each was.
  public func value(costs: [Double], steps: [Double]) -> Double {
    switch kind {
    case .sum: costs.reduce(0, +) / Double(costs.count)
    case .average: costs.reduce(0, +) / steps.reduce(0, +) / (1 - gamma)
    }
  }
}

/// How the Lagrange multiplier λ follows the constraint.
public struct MultiplierRule: Sendable, Equatable {
  public enum Schedule: String, Sendable, CaseIterable {
    /// λ ← clip(λ + η·(T/1000)·(J_C − d₀)·(1 − γ), 0, λ_max) after an episode of T steps, and not for episodes that began under random
    /// actions: λ counts steps, and does not wind up before there is a policy to answer for.
    case steps
    /// The paper's λ ← [λ + η·(J_C − d₀)]₊ after each episode, random ones too.
    case episodes
  }

  public var schedule: Schedule
  /// η.
  public var rate: Double
  /// λ_max.
  public var upperBound: Double

  public init(schedule: Schedule, rate: Double, upperBound: Double) {
    self.schedule = schedule
    self.rate = rate
    self.upperBound = upperBound
  }

  /// Whether an episode enters J_C and moves λ.
  public func counts(_ episode: EpisodeSummary) -> Bool { schedule == .episodes || !episode.beganRandomly }

  /// λ after an episode of `steps` steps.
  /// - Parameter value: J_C.
  public func multiplier(after multiplier: Double, constraintValue value: Double, _ constraint: CostConstraint, steps: Int) -> Double {
    let excess = value - constraint.limit
    let change =
      switch schedule {
      case .steps: rate * (Double(steps) / 1000) * excess * (1 - constraint.gamma)
      case .episodes: rate * excess
      }
    return min(max(0, multiplier + change), upperBound)
  }
}
