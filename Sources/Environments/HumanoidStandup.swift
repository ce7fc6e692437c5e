import Gym
import MuJoCo

/// The humanoid lies on its back and is to stand up; it never terminates.
/// - Source: rules and model as Gymnasium 1.4's HumanoidStandup-v4 and -v5. v4 has no parameters of its own there.
enum HumanoidStandup: LocomotionFamily {
  static let name = "HumanoidStandup"
  /// The model's camera stands where a foot reaches out of the picture.
  static let viewpoint: Viewpoint? = Viewpoint(following: "torso", distance: 3.5, elevation: -12)

  static func parameters(_ version: RuleVersion) -> [ParameterDescriptor] {
    let shared: [ParameterDescriptor] = [.modelFile("humanoidstandup.xml"), .frameSkip(5), .divergence]
    guard version == .v5 else { return shared }
    return shared + [
      ParameterDescriptor(
        name: "uph_cost_weight", kind: .number(), defaultValue: 1, meaning: "taken and not used, as in Gymnasium 1.4"),
      .controlCostWeight(0.1),
      ParameterDescriptor(
        name: "impact_cost_weight", kind: .number(), defaultValue: 0.5e-6,
        meaning: "cost per squared norm of the contact forces, 1/N²"),
      ParameterDescriptor(
        name: "impact_cost_range", kind: .pair, defaultValue: .pair(-.infinity, 10),
        meaning: "clips the impact cost (after weighting)"),
      .resetNoiseScale(1e-2), .excludePositions("x and y coordinates"),
    ] + Humanoid.observationParameters
  }

  static func rules(
    _ version: RuleVersion, _ parameters: Parameters
  ) throws(EnvironmentError) -> LocomotionRules {
    let modern = version == .v5
    return LocomotionRules(
      observation: try Humanoid.observation(
        version, parameters, skippingPositions: modern ? try parameters.skippedPositions(2) : 2),
      displacement: .massCenter,
      gain: .height,
      controlCost: .init(weight: modern ? try parameters.number("ctrl_cost_weight") : 0.1, ofAppliedControls: true),
      contactCost: .init(
        weight: modern ? try parameters.number("impact_cost_weight") : 0.5e-6,
        costRange: modern ? try parameters.pair("impact_cost_range") : ValueRange(low: -.infinity, high: 10)),
      resetNoise: .init(scale: modern ? try parameters.number("reset_noise_scale") : 0.01, velocities: .uniform),
      neededPositions: 3)
  }
}
