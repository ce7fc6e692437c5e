import Gym

extension SafetyCost {
  /// The safety costs of a robot: the paper's (§V-B) and Safety-Gymnasium's velocity limits, m/s.
  /// - Parameter robot: as its environments' names begin: `Ant`.
  static func costs(of robot: String) -> [SafetyCost] {
    switch robot {
    case "Ant": [SafetyCost("paper", .torque, defaultLimit: 25, isAverage: true), velocity(.planarSpeed(above: 2.6222))]
    case "HalfCheetah": [SafetyCost("paper", .speed(above: 1), defaultLimit: 10), velocity(.forwardVelocity(above: 3.2096))]
    case "Hopper": [velocity(.forwardVelocity(above: 0.7402))]
    case "Walker2d": [velocity(.forwardVelocity(above: 2.3415))]
    case "Humanoid": [velocity(.planarSpeed(above: 1.4149))]
    default: []
    }
  }

  /// 25 per 1,000 steps, 0.025 per step, discounted: 0.025/(1 − 0.99).
  private static func velocity(_ rule: Rule) -> SafetyCost { SafetyCost("velocity", rule, defaultLimit: 2.5) }
}
