import Agents
import Environments
import Gym

/// What a safe agent keeps down: a cost per step (paper §V-B; Safety-Gymnasium's velocity tasks; an environment's own).
public struct CostSignal: Sendable, Equatable {
  /// Where the signal comes from.
  public enum Kind: String, Sendable, CaseIterable {
    case none, paper, velocity
    /// `Step.cost`, of an environment of one's own.
    case own

    /// Those that are a cost, for messages.
    static let choices = allCases.filter { $0 != .none }.map { "'\($0.rawValue)'" }.joined(separator: ", ")
  }

  private enum Rule: Sendable, Equatable {
    /// mean |aᵢ| over the motors, normalised torque.
    case torque
    /// 1 where |forward velocity| exceeds a limit, m/s.
    case speed(above: Double)
    /// 1 where the signed forward velocity exceeds a limit, m/s.
    case forwardVelocity(above: Double)
    /// 1 where the planar speed exceeds a limit, m/s.
    case planarSpeed(above: Double)
    /// What the environment says.
    case own
  }

  private let rule: Rule
  /// d₀ on the discounted sum of costs; `nil` where only the user can know it.
  public let defaultLimit: Double?

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
        "cost 'paper' is defined for Ant and HalfCheetah, not for \(environment); the Gym tasks have cost 'velocity', environments of "
          + "one's own cost 'own'")
    case (.velocity, _):
      throw .contradiction(
        "cost 'velocity' is defined for the five Gym tasks, not for \(environment); environments of one's own have cost 'own'")
    case (.own, _):
      if EnvironmentCatalog.ids.contains(environment) {
        throw .contradiction("cost 'own' is for environments of one's own: the steps of \(environment) have no cost")
      }
      self.init(.own, nil)
    }
  }

  private init(_ rule: Rule, _ limit: Double?) {
    self.rule = rule
    defaultLimit = limit
  }

  /// The cost of one step, at least 0 but for an environment's own.
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
    case .own: return step.cost
    }
  }

  /// What the limit limits: torque's is an average, the others' a discounted sum.
  var kind: CostKind { rule == .torque ? .average : .sum }
}
