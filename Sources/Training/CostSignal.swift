import Gym

/// What a safe agent keeps down: a cost per step (paper §V-B; Safety-Gymnasium's velocity tasks).
public struct CostSignal: Sendable, Equatable {
  /// Where the signal comes from.
  public enum Kind: String, Sendable, CaseIterable { case none, paper, velocity }

  private enum Rule: Sendable, Equatable {
    /// mean |aᵢ| over the motors, normalised torque.
    case torque
    /// 1 where |forward velocity| exceeds a limit, m/s.
    case speed(above: Double)
    /// 1 where the signed forward velocity exceeds a limit, m/s.
    case forwardVelocity(above: Double)
    /// 1 where the planar speed exceeds a limit, m/s.
    case planarSpeed(above: Double)
  }

  private let rule: Rule
  /// d₀ on the discounted sum of costs.
  public let defaultLimit: Double

  /// The signal of a task.
  /// - Parameter environment: full name.
  /// - Throws: ``SettingsError/contradiction(_:)`` for a task that has no such signal.
  public init?(_ kind: Kind, environment: String) throws(SettingsError) {
    let robot = String(environment.prefix { $0 != "-" })
    switch (kind, robot) {
    case (.none, _): return nil
    case (.paper, "Ant"): self.init(.torque, 25)
    case (.paper, "HalfCheetah"): self.init(.speed(above: 1), 10)
    // 25 per 1,000 steps, 0.025 per step, discounted: 0.025/(1 − 0.99).
    case (.velocity, "HalfCheetah"): self.init(.forwardVelocity(above: 3.2096), 2.5)
    case (.velocity, "Hopper"): self.init(.forwardVelocity(above: 0.7402), 2.5)
    case (.velocity, "Walker2d"): self.init(.forwardVelocity(above: 2.3415), 2.5)
    case (.velocity, "Ant"): self.init(.planarSpeed(above: 2.6222), 2.5)
    case (.velocity, "Humanoid"): self.init(.planarSpeed(above: 1.4149), 2.5)
    case (.paper, _):
      throw .contradiction(
        "cost 'paper' is defined for Ant and HalfCheetah, not for \(environment); the Gym tasks have cost 'velocity'")
    case (.velocity, _):
      throw .contradiction("cost 'velocity' is defined for the five Gym tasks, not for \(environment)")
    }
  }

  private init(_ rule: Rule, _ limit: Double) {
    self.rule = rule
    defaultLimit = limit
  }

  /// The cost of one step, at least 0.
  /// - Parameter action: in [-1, 1].
  public func cost(of step: Step, action: [Float]) -> Double {
    switch rule {
    case .torque:
      var sum = 0.0
      for value in action { sum += Double(abs(value)) }
      return sum / Double(action.count)
    case .speed(let limit): return abs(step.velocity.x) > limit ? 1 : 0
    case .forwardVelocity(let limit): return step.velocity.x > limit ? 1 : 0
    case .planarSpeed(let limit):
      let v = step.velocity
      return (v.x * v.x + v.y * v.y).squareRoot() > limit ? 1 : 0
    }
  }

  /// What a finished episode counts as in J_C: for torque the average cost carried on for ever, average/(1 − γ); otherwise the
  /// discounted sum.
  func constraintValue(of episode: EpisodeTotals, gamma: Double) -> Double {
    rule == .torque ? episode.cost / Double(episode.length) / (1 - gamma) : episode.discountedCost
  }
}
