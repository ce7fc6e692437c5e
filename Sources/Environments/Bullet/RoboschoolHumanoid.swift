import Bullet
import Gym

import Glibc

/// Roboschool's humanoid: walking ahead, running after a flag, and the latter while cubes are thrown at it.
///
/// - Source: pybullet-gym's `HumanoidPyBulletEnv-v0`, `HumanoidFlagrunPyBulletEnv-v0` and
///   `HumanoidFlagrunHarderPyBulletEnv-v0` (github.com/benelot/pybullet-gym), each episode as in a new
///   process of it: there
///   a later episode continues the world of the one before.
public final class RoboschoolHumanoid: BulletTask {
  public enum Variant: String, CaseIterable, Sendable {
    case walk = "HumanoidPyBulletEnv-v0"
    case flagrun = "HumanoidFlagrunPyBulletEnv-v0"
    case flagrunHarder = "HumanoidFlagrunHarderPyBulletEnv-v0"

    /// The full name, as in pybullet-gym's registry.
    public var id: String { rawValue }

    public var shortName: String {
      switch self {
      case .walk: "HumanoidPyBullet"
      case .flagrun: "Flagrun"
      case .flagrunHarder: "FlagrunHarder"
      }
    }

    var chasesFlag: Bool { self != .walk }
    var isHarder: Bool { self == .flagrunHarder }
  }

  public let specification: EnvironmentSpecification
  public private(set) var observation: [Double]
  public private(set) var rewardTerms = RoboschoolRewardTerms()
  public var drawsConsumed: Int { episodeDraws.consumed }
  public var draws: [Double] { episodeDraws.values }
  public let variant: Variant
  /// The robot's model.
  var robotPath: String { HumanoidStage.robotPath(in: models) }
  /// Joints that move, in the model's order.
  var jointNames: [String] { stage.joints.map(\.name) }
  /// Seconds per action.
  public var controlPeriod: Double { HumanoidStage.controlPeriod }

  private let models: String
  private var episodeDraws: EpisodeDraws
  var stage: HumanoidStage
  /// How it is drawn, once it has been.
  var madeVisual: VisualHumanoid?
  private var posture: Posture
  private var torques: [Double]

  /// Where to: a kilometre ahead, or the flag; metres.
  private var target = SIMD2(1000.0, 0)
  /// Control steps until the flag moves on by itself.
  private var flagTimeout = 0.0
  private var potential = 0.0
  private var feetContact: [Float] = [0, 0]
  private var crawling = Crawling()
  /// Control steps of this episode; cubes are thrown by it.
  private var frame = 0
  private var framesOnGround = 0
  /// See ``Posture/place``: the reference starts counting the floor when an episode's start has been observed.
  private var countsFloor = false
  /// Why the last reset failed: steps throw it again, as the world is half made.
  private var failure: (any Error)?

  /// The height that the observed one is relative to, metres.
  private static let initialHeight = 0.8

  /// - Parameter models: the folder of Bullet's models; by default the one that set-up filled.
  public init(_ variant: Variant, models: String = defaultModels) throws {
    self.variant = variant
    self.models = models
    specification = EnvironmentSpecification(
      id: variant.id, observationSize: 44, actionSize: 17, timeLimit: 1000, costs: [], libraries: EnvironmentCatalog.libraries)
    observation = Array(repeating: 0, count: specification.observationSize)
    torques = Array(repeating: 0, count: specification.actionSize)
    episodeDraws = EpisodeDraws(replaying: [])
    stage = try HumanoidStage(models: models, environment: variant.id)
    posture = try stage.posture(countsFloor: false)
    try begin()
  }

  /// Bullet's models among the shipped ones.
  public static var defaultModels: String { AssetFolder.path + "/bullet" }

  /// Whether Bullet has been built and its models are in place; `make setup-bullet` sees to both.
  public static var isAvailable: Bool {
    Bullet.Library.isBuilt && access(defaultModels + "/mjcf/humanoid_symmetric.xml", R_OK) == 0
  }
}

// MARK: - Episodes

extension RoboschoolHumanoid {
  public func reset<Generator: RandomNumberGenerator>(using generator: inout Generator) throws {
    episodeDraws = EpisodeDraws(using: &generator)
    try restart()
  }

  public func reset(replaying recorded: [Double]) throws {
    episodeDraws = EpisodeDraws(replaying: recorded)
    try restart()
    guard recorded.count >= drawsConsumed else {
      throw BulletTaskError.tooFewDraws(environment: variant.id, needed: drawsConsumed, given: recorded.count)
    }
  }

  /// A new world per episode: Bullet's trees and caches remember what an old one went through.
  private func restart() throws {
    do {
      stage = try HumanoidStage(models: models, environment: variant.id)
      try begin()
      failure = nil
    } catch {
      failure = error
      throw error
    }
  }

  /// Sets the scene of a new world in the reference's order.
  private func begin() throws {
    countsFloor = false
    feetContact = [0, 0]
    crawling = Crawling()
    frame = 0
    framesOnGround = 0
    target = SIMD2(1000, 0)
    rewardTerms = RoboschoolRewardTerms()
    try stage.setJoints { episodeDraws.uniform(-0.1, 0.1) }
    if variant.chasesFlag { try moveFlag() }
    if variant.isHarder { try stage.placeCube() }
    try observe()
    potential = currentPotential()
    countsFloor = true
  }
}

// MARK: - Steps

extension RoboschoolHumanoid {
  public func step(_ action: [Float]) throws -> Step {
    try step(controls: action.map(Double.init))
  }

  public func step(controls: [Double]) throws -> Step {
    if let failure { throw failure }
    guard controls.count == specification.actionSize else {
      throw BulletTaskError.wrongActionCount(
        environment: variant.id, expected: specification.actionSize, given: controls.count)
    }
    if let index = controls.firstIndex(where: { !$0.isFinite }) {
      throw BulletTaskError.actionNotFinite(environment: variant.id, index: index, value: controls[index])
    }
    for (index, motor) in HumanoidStage.motorsInActionOrder.enumerated() {
      torques[index] = motor.torque * min(max(controls[index], -1), 1)
    }
    let before = posture.torso
    try stage.step(torques: torques)
    try observe()

    rewardTerms.alive = try aliveBonus()
    let isOver = rewardTerms.alive < 0 || !observation.allSatisfy(\.isFinite)
    let potentialBefore = potential
    potential = currentPotential()
    rewardTerms.progress = potential - potentialBefore
    feetContact = try stage.feetContacts()
    rewardTerms.electricity = electricity(of: controls)
    rewardTerms.jointsAtLimit = -0.1 * Double(posture.jointsAtLimit)
    let displacement = (posture.torso - before) / controlPeriod
    return Step(
      reward: rewardTerms.sum, ending: isOver ? .terminated : nil, velocity: SIMD2(displacement.x, displacement.y))
  }

  /// The cost of motors that turn and of motors that are merely on, the latter's torque squared. Of the action as
  /// given, clipped or not, and of joint speeds in the joints' order, which the model makes the motors' too.
  private func electricity(of controls: [Double]) -> Double {
    var turning = 0.0
    var standing = 0.0
    for (index, control) in controls.enumerated() {
      turning += abs(control * Double(posture.joints[2 * index + 1]))
      standing += control * control
    }
    let count = Double(controls.count)
    return 4.25 * -2 * (turning / count) + 4.25 * -0.1 * (standing / count)
  }

  /// Reads the world and sets ``observation``; a flag that is reached or has stood too long moves first.
  private func observe() throws {
    flagTimeout -= 1
    posture = try stage.posture(countsFloor: countsFloor)
    if variant.chasesFlag, targetDistance < 1 || flagTimeout <= 0 {
      try moveFlag()
      _ = currentPotential()  // the reference does this too, and what crawling ignores changes by it
    }
    let angle = atan2(target.y - posture.place.y, target.x - posture.place.x) - posture.angles.z
    let velocity = 0.3 * posture.ownVelocity  // "just scaling", says Roboschool
    let head = [
      posture.place.z - Self.initialHeight, sin(angle), cos(angle), velocity.x, velocity.y, velocity.z,
      posture.angles.x, posture.angles.y,
    ]
    // In single precision and clipped, as the reference gives it; NaN stays NaN.
    let values = head.map { Float($0) } + posture.joints + feetContact
    observation = values.map { Double($0 < -5 ? -5 : ($0 > 5 ? 5 : $0)) }
  }
}

// MARK: - Rules

extension RoboschoolHumanoid {
  private var targetDistance: Double {
    let (x, y) = (target.x - posture.place.x, target.y - posture.place.y)
    return (x * x + y * y).squareRoot()
  }

  /// What progress is the gain of. For the harder task standing is worth a hundred times its bonus too.
  private func currentPotential() -> Double {
    let distance = -targetDistance / controlPeriod
    guard variant.isHarder else { return distance }
    return crawling.discount(distance, height: posture.place.z) + uprightBonus * 100
  }

  /// 1 on the ground to 2 upright.
  private var uprightBonus: Double { min(max(posture.place.z, 0), 0.8) / 0.8 + 1 }

  /// A flag somewhere in the inner half of the stadium, whose half sizes are 26.25 and 12.5 m.
  private func moveFlag() throws {
    let x = episodeDraws.uniform(-26.25, 26.25) * 0.5
    let y = episodeDraws.uniform(-12.5, 12.5) * 0.5
    target = SIMD2(x, y)
    try stage.placeFlag(x: x, y: y)
    flagTimeout = 150
  }

  /// The reward for being up; negative ends the episode. In the harder task the robot may get up again, for 170 frames,
  /// and is attacked while it is up.
  private func aliveBonus() throws -> Double {
    let height = observation[0] + Self.initialHeight
    guard variant.isHarder else { return height > 0.78 ? 2 : -1 }
    if frame % 30 == 0, frame > 100, framesOnGround == 0 { try attack() }
    if height < 0.8 {
      framesOnGround += 1
    } else if framesOnGround > 0 {
      framesOnGround -= 1
    }
    frame += 1
    return framesOnGround < 170 ? uprightBonus : -1
  }

  /// Throws the cube from 4 m away at 20 to 30 m/s to where the robot will be, not too precisely.
  private func attack() throws {
    let angle = episodeDraws.uniform(-3.14, 3.14)
    let distance = 4.0
    let speed = episodeDraws.uniform(20, 30)
    let aim = posture.place + posture.velocity * (distance / speed)
    let position = SIMD3(aim.x + distance * cos(angle), aim.y + distance * sin(angle), aim.z + 1)
    var velocity = aim - position
    velocity *= speed / (velocity * velocity).sum().squareRoot()
    let error = [episodeDraws.uniform(-1, 1), episodeDraws.uniform(-1, 1), episodeDraws.uniform(-1, 1)]
    try stage.throwCube(from: position, velocity: velocity + SIMD3(error[0], error[1], error[2]))
  }
}
