import Gym
import MuJoCo
import Random

/// A seven-jointed arm that is to push a puck to a goal; each episode puts the puck somewhere else.
/// - Source: rules and model as Gymnasium 1.4's Pusher-v5. Its Pusher-v4 needs a MuJoCo older than 3, which weighed the puck otherwise.
final class Pusher: SimulatedTask {
  let world: SimulatedWorld
  private let nearWeight: Double
  private let distanceWeight: Double
  private let controlWeight: Double
  private let tip: Int
  private let puck: Int
  private let goal: Int
  /// Of the arm, as far as the model has them.
  private let angleCount: Int
  private let angleVelocityCount: Int

  init(_ parameters: Parameters, _ descriptors: [ParameterDescriptor]) throws {
    let model = try Self.loadModel(parameters)
    tip = try Self.body("tips_arm", of: model, parameters)
    puck = try Self.body("object", of: model, parameters)
    goal = try Self.body("goal", of: model, parameters)
    guard model.positionCount >= 4 else {
      throw Self.refusal(of: model, parameters, "it has \(model.positionCount) positions, the puck's and the goal's are its last 4")
    }
    nearWeight = try parameters.number("reward_near_weight")
    distanceWeight = try parameters.number("reward_dist_weight")
    controlWeight = try parameters.number("reward_control_weight")
    angleCount = min(7, model.positionCount)
    angleVelocityCount = min(7, model.velocityCount)
    world = try SimulatedWorld(
      id: parameters.environment, model: model, observationSize: angleCount + angleVelocityCount + 9, timeLimit: 100,
      parameters: parameters, descriptors: descriptors)
    try startAtRest()
  }

  /// The arm in the model's state, nearly at rest; the puck in front of the goal, at least 0.17 m away.
  func drawStart<Generator: RandomNumberGenerator>(
    using generator: inout Generator
  ) -> (positions: [Double], velocities: [Double]) {
    var positions = world.initialPositions
    var place: SIMD2<Double>
    repeat {
      place = SIMD2(generator.uniform(-0.3, 0), generator.uniform(-0.2, 0.2))
    } while !((place * place).sum().squareRoot() > 0.17)
    positions.replaceSubrange((positions.count - 4)..., with: [place.x, place.y, 0, 0])
    var velocities = world.initialVelocities.map { $0 + generator.uniform(-0.005, 0.005) }
    for i in velocities.indices.suffix(4) { velocities[i] = 0 }
    return (positions, velocities)
  }

  func observe() {
    world.simulation.read(.positions) { for i in 0..<angleCount { world.observation[i] = $0[i] } }
    world.simulation.read(.velocities) { for i in 0..<angleVelocityCount { world.observation[angleCount + i] = $0[i] } }
    let first = angleCount + angleVelocityCount
    world.simulation.read(.bodyPositions) { positions in
      for i in 0..<3 {
        world.observation[first + i] = positions[tip + i]
        world.observation[first + 3 + i] = positions[puck + i]
        world.observation[first + 6 + i] = positions[goal + i]
      }
    }
  }

  func score(_ action: AppliedAction) -> Step {
    world.rewardTerms = RewardTerms(
      controlCost: action.squaredNorm(times: controlWeight), distanceCost: length(way(from: goal, to: puck)) * distanceWeight,
      nearnessCost: length(way(from: tip, to: puck)) * nearWeight)
    return Step(reward: -rewardTerms.distanceCost - rewardTerms.controlCost - rewardTerms.nearnessCost)
  }

  var observationParts: [EnvironmentSummary.Part] {
    func place(_ body: String) -> [EnvironmentSummary.Element] { ["x", "y", "z"].map { .init(name: "\(body): \($0)", unit: "m") } }
    return [
      (name: "qpos", meaning: "angles of the arm", elements: Array(positionElements().prefix(angleCount))),
      (name: "qvel", meaning: "velocities of the arm", elements: Array(velocityElements().prefix(angleVelocityCount))),
      (name: "xpos", meaning: "where the arm's tip, the puck and the goal are", elements: ["tips_arm", "object", "goal"].flatMap(place)),
    ].laidOut
  }

  var rewardParts: [EnvironmentSummary.Term] {
    [
      .init(name: "near", formula: "− \(ParameterValue.number(nearWeight)) × distance (m) of the arm's tip from the puck"),
      .init(name: "distance", formula: "− \(ParameterValue.number(distanceWeight)) × distance (m) of the puck from the goal"),
      .init(name: "control cost", formula: "− \(ParameterValue.number(controlWeight)) × squared norm of the controls"),
    ]
  }

  var startText: String {
    "the model's arm, each velocity plus uniform noise in ±0.005; the puck at rest, uniform in [-0.3, 0] × [-0.2, 0.2] m, more than "
      + "0.17 m from the goal"
  }
}

extension Pusher: TaskFamily {
  static let name = "Pusher"
  static let versions: [RuleVersion] = [.v5]

  static func parameters(_ version: RuleVersion) -> [ParameterDescriptor] {
    [
      .modelFile("pusher_v5.xml"), .frameSkip(5), .divergence,
      ParameterDescriptor(
        name: "reward_near_weight", kind: .number(), defaultValue: 0.5,
        meaning: "cost per distance of the arm's tip from the puck, 1/m"),
      .distanceWeight("of the puck from the goal"), .controlWeight(0.1),
    ]
  }

  static func make(
    _ version: RuleVersion, _ parameters: Parameters, _ descriptors: [ParameterDescriptor]
  ) throws -> any SimulatedTask {
    try Pusher(parameters, descriptors)
  }
}

extension ParameterDescriptor {
  static func distanceWeight(_ what: String) -> Self {
    Self(name: "reward_dist_weight", kind: .number(), defaultValue: 1, meaning: "cost per distance \(what), 1/m")
  }

  static func controlWeight(_ weight: Double) -> Self {
    Self(
      name: "reward_control_weight", kind: .number(), defaultValue: .number(weight),
      meaning: "cost per squared norm of the controls")
  }
}

extension SimulatedTask {
  /// From one body's frame to another's, metres; bodies by where ``Simulation/Quantity/bodyPositions`` has them.
  func way(from start: Int, to end: Int) -> SIMD3<Double> {
    world.simulation.read(.bodyPositions) {
      SIMD3($0[end] - $0[start], $0[end + 1] - $0[start + 1], $0[end + 2] - $0[start + 2])
    }
  }
}
