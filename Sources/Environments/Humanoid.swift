import Gym

/// A two-legged, two-armed walker in space.
/// - Source: Tassa, Erez and Todorov 2012; rules and model as Gymnasium 1.4's Humanoid-v4 and -v5. v4 always observes
///   contact forces, 376 numbers in all, but does not charge for them.
enum Humanoid: LocomotionFamily {
  static let name = "Humanoid"

  static let observationParameters: [ParameterDescriptor] = [
    .include("cinert", "the bodies' masses and inertias"),
    .include("cvel", "the bodies' velocities"),
    .include("qfrc_actuator", "the actuators' joint torques"),
    .include("cfrc_ext", "the contact forces on the bodies"),
  ]

  static func parameters(_ version: RuleVersion) -> [ParameterDescriptor] {
    let shared: [ParameterDescriptor] = [
      .modelFile("humanoid.xml"), .frameSkip(5), .forwardRewardWeight(1.25), .controlCostWeight(0.1),
      .healthyReward(5), .terminateWhenUnhealthy, .healthyHeight(1, 2), .resetNoiseScale(1e-2),
      .excludePositions("x and y coordinates"), .divergence,
    ]
    guard version == .v5 else { return shared }
    return shared + [
      .contactCostWeight(5e-7),
      ParameterDescriptor(
        name: "contact_cost_range", kind: .pair, defaultValue: .pair(-.infinity, 10),
        meaning: "clips the contact cost (after weighting)"),
    ] + observationParameters
  }

  /// What humanoids observe: everything, or with v5's rules what was not switched off.
  static func observation(
    _ version: RuleVersion, _ parameters: Parameters, skippingPositions skipped: Int
  ) throws(EnvironmentError) -> [LocomotionRules.ObservationPart] {
    let modern = version == .v5
    func includes(_ part: String) throws(EnvironmentError) -> Bool {
      modern ? try parameters.flag("include_\(part)_in_observation") : true
    }
    // v5 leaves out what is always zero: the world's entries, and the root's six unactuated degrees of freedom.
    let bodies = modern ? 1 : 0
    var observation: [LocomotionRules.ObservationPart] = [.positions(skipping: skipped), .velocities(limit: nil)]
    if try includes("cinert") { observation.append(.inertias(skippingBodies: bodies)) }
    if try includes("cvel") { observation.append(.bodyVelocities(skippingBodies: bodies)) }
    if try includes("qfrc_actuator") { observation.append(.actuatorForces(skipping: modern ? 6 : 0)) }
    if try includes("cfrc_ext") { observation.append(.externalForces(skippingBodies: bodies, range: nil)) }
    return observation
  }

  static func rules(
    _ version: RuleVersion, _ parameters: Parameters
  ) throws(EnvironmentError) -> LocomotionRules {
    let modern = version == .v5
    return LocomotionRules(
      observation: try observation(version, parameters, skippingPositions: try parameters.skippedPositions(2)),
      displacement: .massCenter,
      gain: .velocity(weight: try parameters.number("forward_reward_weight")),
      health: .init(
        reward: try parameters.number("healthy_reward"),
        paysLastStep: !modern,
        terminates: try parameters.flag("terminate_when_unhealthy"),
        heightIndex: 2,
        height: try parameters.pair("healthy_z_range")),
      controlCost: .init(weight: try parameters.number("ctrl_cost_weight"), ofAppliedControls: true),
      contactCost: modern
        ? .init(
          weight: try parameters.number("contact_cost_weight"), costRange: try parameters.pair("contact_cost_range"))
        : nil,
      resetNoise: .init(scale: try parameters.number("reset_noise_scale"), velocities: .uniform),
      neededPositions: 3)
  }
}
