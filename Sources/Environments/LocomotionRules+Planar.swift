import Gym

extension LocomotionRules {
  /// Of a robot that walks or hops in a plane and may fall: Hopper's and Walker2d's, which differ in their parameters' defaults.
  /// - Parameter state: what all positions but x and z, and all velocities, must be within.
  static func planarWalker(
    _ version: RuleVersion, _ parameters: Parameters, state: ValueRange? = nil
  ) throws(EnvironmentError) -> LocomotionRules {
    LocomotionRules(
      observation: [.positions(skipping: try parameters.skippedPositions(1)), .velocities(limit: 10)],
      displacement: .coordinate,
      gain: .velocity(weight: try parameters.number("forward_reward_weight")),
      health: .init(
        reward: try parameters.number("healthy_reward"),
        paysLastStep: version != .v5,
        terminates: try parameters.flag("terminate_when_unhealthy"),
        heightIndex: 1,
        height: try parameters.pair("healthy_z_range"),
        angle: try parameters.pair("healthy_angle_range"),
        state: state),
      controlCost: .init(weight: try parameters.number("ctrl_cost_weight")),
      resetNoise: .init(scale: try parameters.number("reset_noise_scale"), velocities: .uniform),
      neededPositions: 3)
  }
}
