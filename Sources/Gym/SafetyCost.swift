/// What a safe agent keeps down: a cost per step, which an environment offers under a name.
public struct SafetyCost: Sendable, Equatable {
  /// How a step's cost is computed.
  public enum Rule: Sendable, Equatable {
    /// mean |aᵢ| over the motors, torque as a share of the most.
    case torque
    /// 1 where |forward velocity| exceeds a limit, m/s.
    case speed(above: Double)
    /// 1 where the signed forward velocity exceeds a limit, m/s.
    case forwardVelocity(above: Double)
    /// 1 where the planar speed exceeds a limit, m/s.
    case planarSpeed(above: Double)
    /// ``Step/cost``: what the environment itself says.
    case own
  }

  /// As the setting `cost` names it: `paper`.
  public let name: String
  public let rule: Rule
  /// d₀; `nil` where only the user can know it.
  public let defaultLimit: Double?
  /// Whether d₀ limits the average cost, carried on for ever as average/(1 − γ), rather than an episode's discounted sum.
  public let isAverage: Bool

  /// - Parameter isAverage: whether the limit is on the average cost rather than on an episode's discounted sum.
  public init(_ name: String, _ rule: Rule, defaultLimit: Double?, isAverage: Bool = false) {
    self.name = name
    self.rule = rule
    self.defaultLimit = defaultLimit
    self.isAverage = isAverage
  }

  /// ``Step/cost``, of an environment of one's own.
  public static let own = SafetyCost("own", .own, defaultLimit: nil)

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
}
