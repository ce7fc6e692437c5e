import Gym
import MuJoCo

/// A four-legged walker in space.
/// - Source: Schulman et al. 2016, arXiv:1506.02438; rules and model as Gymnasium 1.4's Ant-v4 and -v5. `-v2` is v4
///   with contact forces in the observation and their cost in the reward, as in the original v2.
enum Ant: LocomotionFamily {
  static let name = "Ant"
  /// Further away than the model's camera, whose picture is as wide as the legs.
  static let viewpoint: Viewpoint? = Viewpoint(following: "torso", distance: 4.2, elevation: -12)

  static func parameters(_ version: RuleVersion) -> [ParameterDescriptor] {
    let shared: [ParameterDescriptor] = [
      .modelFile("ant.xml"), .frameSkip(5), .controlCostWeight(0.5), .contactCostWeight(5e-4), .healthyReward(1),
      .terminateWhenUnhealthy, .healthyHeight(0.2, 1),
      ParameterDescriptor(
        name: "contact_force_range", kind: .pair, defaultValue: .pair(-1, 1),
        meaning: "clips each component of the contact forces (N, N m) in observation and cost"),
      .resetNoiseScale(0.1), .excludePositions("x and y coordinates"), .divergence,
    ]
    guard version == .v5 else {
      return shared + [
        ParameterDescriptor(
          name: "use_contact_forces", kind: .bool, defaultValue: .bool(version == .v2),
          meaning: "whether contact forces are observed and cost reward")
      ]
    }
    return shared + [
      .forwardRewardWeight(1),
      ParameterDescriptor(
        name: "main_body", kind: .body, defaultValue: 1, meaning: "the body whose displacement is rewarded"),
      .include("cfrc_ext", "the contact forces on the bodies"),
    ]
  }

  static func rules(
    _ version: RuleVersion, _ parameters: Parameters
  ) throws(EnvironmentError) -> LocomotionRules {
    let modern = version == .v5
    let paysForContact = modern ? true : try parameters.flag("use_contact_forces")
    let observesContact = modern ? try parameters.flag("include_cfrc_ext_in_observation") : paysForContact
    let forceRange = try parameters.pair("contact_force_range")
    var observation: [LocomotionRules.ObservationPart] = [
      .positions(skipping: try parameters.skippedPositions(2)), .velocities(limit: nil),
    ]
    if observesContact { observation.append(.externalForces(skippingBodies: modern ? 1 : 0, range: forceRange)) }
    return LocomotionRules(
      observation: observation,
      displacement: .body(modern ? parameters["main_body"] ?? 1 : "torso"),
      gain: .velocity(weight: modern ? try parameters.number("forward_reward_weight") : 1),
      health: .init(
        reward: try parameters.number("healthy_reward"),
        paysLastStep: !modern,
        terminates: try parameters.flag("terminate_when_unhealthy"),
        heightIndex: 2,
        height: try parameters.pair("healthy_z_range"),
        heightIncludesEnds: true,
        finite: true),
      controlCost: .init(weight: try parameters.number("ctrl_cost_weight")),
      contactCost: paysForContact
        ? .init(weight: try parameters.number("contact_cost_weight"), forceRange: forceRange) : nil,
      resetNoise: .init(scale: try parameters.number("reset_noise_scale"), velocities: .normal),
      neededPositions: modern ? 2 : 0)
  }
}
