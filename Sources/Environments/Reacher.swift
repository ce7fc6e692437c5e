import Gym
import MuJoCo
import Random

/// A two-jointed arm in a plane, whose tip is to reach a target that each episode puts somewhere else.
/// - Source: rules and model as Gymnasium 1.4's Reacher-v4 and -v5. v4 rewards the state before the step, v5 that after it; v4 also
///   observes the tip's height over the target, which is 0. v4 has no parameters of its own there.
final class Reacher: SimulatedTask {
  let world: SimulatedWorld
  private let rewardsStateBefore: Bool
  private let distanceWeight: Double
  private let controlWeight: Double
  private let tip: Int
  private let target: Int
  /// Angles and their velocities that are observed: two, where the model has them.
  private let angleCount: Int
  private let angleVelocityCount: Int
  /// Coordinates of the tip's way from the target that are observed.
  private let wayCount: Int
  private var distanceBefore = 0.0

  init(_ version: RuleVersion, _ parameters: Parameters, _ descriptors: [ParameterDescriptor]) throws {
    let model = try Self.loadModel(parameters)
    tip = try Self.body("fingertip", of: model, parameters)
    target = try Self.body("target", of: model, parameters)
    guard model.positionCount >= 2 else {
      throw Self.refusal(of: model, parameters, "it has \(model.positionCount) positions, the target's are its last 2")
    }
    rewardsStateBefore = version != .v5
    distanceWeight = version == .v5 ? try parameters.number("reward_dist_weight") : 1
    controlWeight = version == .v5 ? try parameters.number("reward_control_weight") : 1
    angleCount = 2
    angleVelocityCount = min(2, model.velocityCount)
    wayCount = version == .v5 ? 2 : 3
    world = try SimulatedWorld(
      id: parameters.environment, model: model,
      observationSize: 2 * angleCount + (model.positionCount - 2) + angleVelocityCount + wayCount, timeLimit: 50,
      parameters: parameters, descriptors: descriptors)
    try startAtRest()
  }

  var viewpoint: Viewpoint? { Viewpoint(at: [0, 0, 0], distance: 0.85, elevation: -60) }

  /// The arm near the model's state, the target anywhere within 0.2 m.
  func drawStart<Generator: RandomNumberGenerator>(
    using generator: inout Generator
  ) -> (positions: [Double], velocities: [Double]) {
    var positions = world.initialPositions.map { generator.uniform(-0.1, 0.1) + $0 }
    var goal: SIMD2<Double>
    repeat {
      goal = SIMD2(generator.uniform(-0.2, 0.2), generator.uniform(-0.2, 0.2))
    } while !((goal * goal).sum().squareRoot() < 0.2)
    positions[positions.count - 2] = goal.x
    positions[positions.count - 1] = goal.y
    var velocities = world.initialVelocities.map { $0 + generator.uniform(-0.005, 0.005) }
    for i in velocities.indices.suffix(2) { velocities[i] = 0 }
    return (positions, velocities)
  }

  func prepareStep() {
    if rewardsStateBefore { distanceBefore = length(way(from: target, to: tip)) }
  }

  func observe() {
    world.simulation.read(.positions) { positions in
      for i in 0..<angleCount {
        world.observation[i] = cosine(positions[i])
        world.observation[angleCount + i] = sine(positions[i])
      }
      for i in 2..<positions.count { world.observation[2 * angleCount + i - 2] = positions[i] }
    }
    var cursor = 2 * angleCount + world.model.positionCount - 2
    world.simulation.read(.velocities) { for i in 0..<angleVelocityCount { world.observation[cursor + i] = $0[i] } }
    cursor += angleVelocityCount
    let way = way(from: target, to: tip)
    for i in 0..<wayCount { world.observation[cursor + i] = way[i] }
  }

  func score(_ action: AppliedAction) -> Step {
    let distance = rewardsStateBefore ? distanceBefore : length(way(from: target, to: tip))
    world.rewardTerms = RewardTerms(controlCost: action.squaredNorm(times: controlWeight), distanceCost: distance * distanceWeight)
    return Step(reward: -rewardTerms.distanceCost - rewardTerms.controlCost)
  }

  var observationParts: [EnvironmentSummary.Part] {
    let angles = positionElements().prefix(angleCount)
    return [
      (name: "cos qpos", meaning: "cosines of the arm's angles", elements: angles.map { .init(name: $0.name, unit: "1") }),
      (name: "sin qpos", meaning: "sines of the arm's angles", elements: angles.map { .init(name: $0.name, unit: "1") }),
      (name: "qpos", meaning: "where the target is", elements: Array(positionElements().dropFirst(2))),
      (name: "qvel", meaning: "velocities of the arm", elements: Array(velocityElements().prefix(angleVelocityCount))),
      (
        name: "xpos", meaning: "way from the target to the arm's tip",
        elements: ["x", "y", "z"].prefix(wayCount).map { .init(name: "fingertip − target: \($0)", unit: "m") }
      ),
    ].laidOut
  }

  var rewardParts: [EnvironmentSummary.Term] {
    let when = rewardsStateBefore ? "before" : "after"
    return [
      .init(
        name: "distance",
        formula: "− \(ParameterValue.number(distanceWeight)) × distance (m) of the tip from the target \(when) the step"),
      .init(name: "control cost", formula: "− \(ParameterValue.number(controlWeight)) × squared norm of the controls"),
    ]
  }

  var startText: String {
    "the model's state, each position plus uniform noise in ±0.1, each velocity in ±0.005; the target at rest, uniform within 0.2 m"
  }
}

extension Reacher: TaskFamily {
  static let name = "Reacher"

  static func parameters(_ version: RuleVersion) -> [ParameterDescriptor] {
    let shared: [ParameterDescriptor] = [.modelFile("reacher.xml"), .frameSkip(2), .divergence]
    guard version == .v5 else { return shared }
    return shared + [
      .distanceWeight("of the arm's tip from the target"),
      .controlWeight(1),
    ]
  }

  static func make(
    _ version: RuleVersion, _ parameters: Parameters, _ descriptors: [ParameterDescriptor]
  ) throws -> any SimulatedTask {
    try Reacher(version, parameters, descriptors)
  }
}
