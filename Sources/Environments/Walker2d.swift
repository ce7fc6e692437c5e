import Gym

/// A planar, two-legged walker.
/// - Source: rules and models as Gymnasium 1.4's Walker2d-v4 and -v5; v5's model has equal friction at both feet.
enum Walker2d: LocomotionFamily {
  static let name = "Walker2d"

  static func parameters(_ version: RuleVersion) -> [ParameterDescriptor] {
    [
      .modelFile(version == .v5 ? "walker2d_v5.xml" : "walker2d.xml"), .frameSkip(4), .forwardRewardWeight(1),
      .controlCostWeight(1e-3), .healthyReward(1), .terminateWhenUnhealthy, .healthyHeight(0.8, 2),
      .healthyAngle(-1, 1), .resetNoiseScale(5e-3), .excludePositions("x coordinate"), .divergence,
    ]
  }

  static func rules(
    _ version: RuleVersion, _ parameters: Parameters
  ) throws(EnvironmentError) -> LocomotionRules {
    try .planarWalker(version, parameters)
  }
}
