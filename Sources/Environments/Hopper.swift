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
    LocomotionRules(
      modelFile: try parameters.text("xml_file"),
      frameSkip: try parameters.frameSkip(),
      observation: [.positions(skipping: try parameters.skippedPositions(1)), .velocities(limit: 10)],
      displacement: .coordinate,
      forwardRewardWeight: try parameters.number("forward_reward_weight"),
      health: .init(
        reward: try parameters.number("healthy_reward"),
        paysLastStep: version != .v5,
        terminates: try parameters.flag("terminate_when_unhealthy"),
        heightIndex: 1,
        height: try parameters.pair("healthy_z_range"),
        angle: try parameters.pair("healthy_angle_range"),
        state: try parameters.pair("healthy_state_range")),
      controlCost: .init(weight: try parameters.number("ctrl_cost_weight")),
      resetNoise: .init(scale: try parameters.number("reset_noise_scale"), velocities: .uniform),
      throwsOnDivergence: try parameters.throwsOnDivergence())
  }
}
