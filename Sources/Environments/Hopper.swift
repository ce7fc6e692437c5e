import Gym

/// A planar, one-legged hopper.
/// - Source: Erez, Tassa and Todorov 2011; rules and model as Gymnasium 1.4's Hopper-v4 and -v5.
enum Hopper: LocomotionFamily {
  static let name = "Hopper"

  static func parameters(_ version: RuleVersion) -> [ParameterDescriptor] {
    [
      .modelFile("hopper.xml"), .frameSkip(4), .forwardRewardWeight(1), .controlCostWeight(1e-3), .healthyReward(1),
      .terminateWhenUnhealthy,
      ParameterDescriptor(
        name: "healthy_state_range", kind: .pair, defaultValue: .pair(-100, 100),
        meaning: "healthy values of all positions but x and z, and of all velocities, ends excluded"),
      .healthyHeight(0.7, .infinity), .healthyAngle(-0.2, 0.2), .resetNoiseScale(5e-3),
      .excludePositions("x coordinate"), .divergence,
    ]
  }

  static func rules(
    _ version: RuleVersion, _ parameters: Parameters
  ) throws(EnvironmentError) -> LocomotionRules {
    try .planarWalker(version, parameters, state: try parameters.pair("healthy_state_range"))
  }
}
