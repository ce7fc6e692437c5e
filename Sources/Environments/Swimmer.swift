import Gym

/// Three links in a viscous fluid that swim by bending; it never terminates.
/// - Source: Coulom 2002; rules and model as Gymnasium 1.4's Swimmer-v4 and -v5, which differ in nothing here.
enum Swimmer: LocomotionFamily {
  static let name = "Swimmer"

  static func parameters(_ version: RuleVersion) -> [ParameterDescriptor] {
    [
      .modelFile("swimmer.xml"), .frameSkip(4), .forwardRewardWeight(1), .controlCostWeight(1e-4), .resetNoiseScale(0.1),
      .excludePositions("x and y coordinates"), .divergence,
    ]
  }

  static func rules(
    _ version: RuleVersion, _ parameters: Parameters
  ) throws(EnvironmentError) -> LocomotionRules {
    LocomotionRules(
      observation: [.positions(skipping: try parameters.skippedPositions(2)), .velocities(limit: nil)],
      displacement: .plane,
      gain: .velocity(weight: try parameters.number("forward_reward_weight")),
      controlCost: .init(weight: try parameters.number("ctrl_cost_weight")),
      resetNoise: .init(scale: try parameters.number("reset_noise_scale"), velocities: .uniform),
      neededPositions: 2)
  }
}
