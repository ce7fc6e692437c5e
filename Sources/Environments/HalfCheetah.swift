import Gym

/// A planar, two-legged cheetah that runs; it never terminates.
/// - Source: Wawrzyński 2009; rules and model as Gymnasium 1.4's HalfCheetah-v4 and -v5, which differ in nothing here.
enum HalfCheetah: LocomotionFamily {
  static let name = "HalfCheetah"

  static func parameters(_ version: RuleVersion) -> [ParameterDescriptor] {
    [
      .modelFile("half_cheetah.xml"), .frameSkip(5), .forwardRewardWeight(1), .controlCostWeight(0.1),
      .resetNoiseScale(0.1), .excludePositions("x coordinate"), .divergence,
    ]
  }

  static func rules(
    _ version: RuleVersion, _ parameters: Parameters
  ) throws(EnvironmentError) -> LocomotionRules {
    LocomotionRules(
      observation: [.positions(skipping: try parameters.skippedPositions(1)), .velocities(limit: nil)],
      displacement: .coordinate,
      gain: .velocity(weight: try parameters.number("forward_reward_weight")),
      controlCost: .init(weight: try parameters.number("ctrl_cost_weight")),
      resetNoise: .init(scale: try parameters.number("reset_noise_scale"), velocities: .normal),
      neededPositions: 1)
  }
}
