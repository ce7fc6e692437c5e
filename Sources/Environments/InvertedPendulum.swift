import Gym
import MuJoCo
import Random

/// A pole on a cart, to be kept upright.
/// - Source: Barto, Sutton and Anderson 1983; rules and model as Gymnasium 1.4's InvertedPendulum-v4 and -v5. v4 has no parameters of
///   its own there, and pays the step that falls too.
final class InvertedPendulum: SimulatedTask {
  let world: SimulatedWorld
  private let paysLastStep: Bool
  private let noise: Double

  init(_ version: RuleVersion, _ parameters: Parameters, _ descriptors: [ParameterDescriptor]) throws {
    let model = try Self.loadModel(parameters)
    let size = model.positionCount + model.velocityCount
    guard size >= 2 else { throw Self.refusal(of: model, parameters, "it has no pole: \(size) positions and velocities") }
    paysLastStep = version != .v5
    noise = version == .v5 ? try parameters.number("reset_noise_scale") : 0.01
    world = try SimulatedWorld(
      id: parameters.environment, model: model, observationSize: size, timeLimit: 1000, parameters: parameters,
      descriptors: descriptors)
    try startAtRest()
  }

  var viewpoint: Viewpoint? { Viewpoint(at: [0, 0, 0.25], distance: 2.6, elevation: -10) }

  func drawStart<Generator: RandomNumberGenerator>(
    using generator: inout Generator
  ) -> (positions: [Double], velocities: [Double]) {
    let positions = world.initialPositions.map { $0 + generator.uniform(-noise, noise) }
    return (positions, world.initialVelocities.map { $0 + generator.uniform(-noise, noise) })
  }

  func observe() {
    let positions = world.model.positionCount
    world.simulation.read(.positions) { for i in $0.indices { world.observation[i] = $0[i] } }
    world.simulation.read(.velocities) { for i in $0.indices { world.observation[positions + i] = $0[i] } }
  }

  func score(_ action: AppliedAction) -> Step {
    let terminated = !world.observation.allSatisfy(\.isFinite) || abs(world.observation[1]) > 0.2
    world.rewardTerms = RewardTerms(healthy: paysLastStep || !terminated ? 1 : 0)
    return Step(reward: rewardTerms.healthy, ending: terminated ? .terminated : nil)
  }

  var observationParts: [EnvironmentSummary.Part] {
    [
      (name: "qpos", meaning: "positions of the joints", elements: positionElements()),
      (name: "qvel", meaning: "velocities of the joints", elements: velocityElements()),
    ].laidOut
  }

  var rewardParts: [EnvironmentSummary.Term] {
    [.init(name: "upright", formula: paysLastStep ? "+ 1 every step" : "+ 1 every step that does not terminate")]
  }

  var startText: String {
    "the model's state, each position and velocity plus uniform noise in ±\(ParameterValue.number(noise))"
  }

  var terminationText: String { "when the pole leans more than 0.2 rad, or a position or velocity is not finite" }
}

extension InvertedPendulum: TaskFamily {
  static let name = "InvertedPendulum"

  static func parameters(_ version: RuleVersion) -> [ParameterDescriptor] {
    [.modelFile("inverted_pendulum.xml"), .frameSkip(2), .divergence] + (version == .v5 ? [.resetNoiseScale(0.01)] : [])
  }

  static func make(
    _ version: RuleVersion, _ parameters: Parameters, _ descriptors: [ParameterDescriptor]
  ) throws -> any SimulatedTask {
    try InvertedPendulum(version, parameters, descriptors)
  }
}
