import Gym
import MuJoCo
import Random

/// Two poles, one on top of the other, on a cart, to be kept upright.
/// - Source: rules and model as Gymnasium 1.4's InvertedDoublePendulum-v4 and -v5. v4 has no parameters of its own there, pays the step
///   that falls too and observes the constraint forces on all joints, v5 that on the cart.
final class InvertedDoublePendulum: SimulatedTask {
  let world: SimulatedWorld
  private let paysLastStep: Bool
  private let healthyReward: Double
  private let noise: Double
  /// How many joints' constraint forces are observed.
  private let forceCount: Int

  init(_ version: RuleVersion, _ parameters: Parameters, _ descriptors: [ParameterDescriptor]) throws {
    let model = try Self.loadModel(parameters)
    guard model.siteCount >= 1 else { throw Self.refusal(of: model, parameters, "it has no site at the tip of its poles") }
    let (positions, velocities) = (model.positionCount, model.velocityCount)
    guard velocities >= 3 else {
      throw Self.refusal(of: model, parameters, "it has \(velocities) velocities, fewer than the 3 of a cart and two poles")
    }
    paysLastStep = version != .v5
    healthyReward = version == .v5 ? try parameters.number("healthy_reward") : 10
    noise = version == .v5 ? try parameters.number("reset_noise_scale") : 0.1
    forceCount = version == .v5 ? 1 : velocities
    world = try SimulatedWorld(
      id: parameters.environment, model: model, observationSize: 1 + 2 * (positions - 1) + velocities + forceCount, timeLimit: 1000,
      parameters: parameters, descriptors: descriptors)
    try startAtRest()
  }

  var viewpoint: Viewpoint? { Viewpoint(at: [0, 0, 0.45], distance: 3.4, elevation: -10) }

  func drawStart<Generator: RandomNumberGenerator>(
    using generator: inout Generator
  ) -> (positions: [Double], velocities: [Double]) {
    let positions = world.initialPositions.map { $0 + generator.uniform(-noise, noise) }
    return (positions, world.initialVelocities.map { $0 + generator.standardNormal() * noise })
  }

  func observe() {
    let angles = world.model.positionCount - 1
    let velocities = world.model.velocityCount
    world.simulation.read(.positions) { positions in
      world.observation[0] = positions[0]
      for i in 0..<angles {
        world.observation[1 + i] = sine(positions[1 + i])
        world.observation[1 + angles + i] = cosine(positions[1 + i])
      }
    }
    let limit = ValueRange(low: -10, high: 10)
    let first = 1 + 2 * angles
    world.simulation.read(.velocities) { for i in $0.indices { world.observation[first + i] = limit.clip($0[i]) } }
    world.simulation.read(.constraintForces) { for i in 0..<forceCount { world.observation[first + velocities + i] = limit.clip($0[i]) } }
  }

  func score(_ action: AppliedAction) -> Step {
    let (x, y) = world.simulation.read(.sitePositions) { ($0[0], $0[2]) }
    let (v1, v2) = world.simulation.read(.velocities) { ($0[1], $0[2]) }
    let terminated = y <= 1
    var terms = RewardTerms()
    terms.healthy = healthyReward * (paysLastStep || !terminated ? 1 : 0)
    terms.distanceCost = 0.01 * squared(x) + squared(y - 2)
    terms.velocityCost = 1e-3 * squared(v1) + 5e-3 * squared(v2)
    world.rewardTerms = terms
    return Step(reward: terms.healthy - terms.distanceCost - terms.velocityCost, ending: terminated ? .terminated : nil)
  }

  var observationParts: [EnvironmentSummary.Part] {
    let angles = positionElements().dropFirst()
    return [
      (name: "qpos", meaning: "position of the cart", elements: Array(positionElements().prefix(1))),
      (name: "sin qpos", meaning: "sines of the poles' angles", elements: angles.map { .init(name: $0.name, unit: "1") }),
      (name: "cos qpos", meaning: "cosines of the poles' angles", elements: angles.map { .init(name: $0.name, unit: "1") }),
      (name: "qvel", meaning: "velocities of the joints, clipped to [-10, 10]", elements: velocityElements()),
      (
        name: "qfrc_constraint", meaning: "forces of limits and contacts at the joints, clipped to [-10, 10]",
        elements: Array(velocityElements(linear: "N", angular: "N m", of: "force").prefix(forceCount))
      ),
    ].laidOut
  }

  var rewardParts: [EnvironmentSummary.Term] {
    let reward = ParameterValue.number(healthyReward)
    return [
      .init(name: "upright", formula: "+ \(reward) every step\(paysLastStep ? "" : " that does not terminate")"),
      .init(name: "distance", formula: "− 0.01 × x² − (z − 2)² of the tip, m"),
      .init(name: "velocity", formula: "− 0.001 × v₁² − 0.005 × v₂² of the poles, rad/s"),
    ]
  }

  var startText: String {
    let scale = ParameterValue.number(noise)
    return "the model's state, each position plus uniform noise in ±\(scale), each velocity plus normal noise of standard deviation \(scale)"
  }

  var terminationText: String { "when the tip is at 1 m or below" }
}

extension InvertedDoublePendulum: TaskFamily {
  static let name = "InvertedDoublePendulum"

  static func parameters(_ version: RuleVersion) -> [ParameterDescriptor] {
    [.modelFile("inverted_double_pendulum.xml"), .frameSkip(5), .divergence]
      + (version == .v5 ? [.healthyReward(10), .resetNoiseScale(0.1)] : [])
  }

  static func make(
    _ version: RuleVersion, _ parameters: Parameters, _ descriptors: [ParameterDescriptor]
  ) throws -> any SimulatedTask {
    try InvertedDoublePendulum(version, parameters, descriptors)
  }
}
