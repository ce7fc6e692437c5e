import Gym
import MuJoCo

/// A locomotion task's rules as data: what differs between tasks and between the versions of one task.
/// ``LocomotionTask`` acts by them and ``LocomotionTask/summary`` tells them, so the two cannot disagree.
struct LocomotionRules: Sendable {
  /// What the observation holds, in order.
  var observation: [ObservationPart]
  /// What moves forward.
  var displacement: Displacement
  var gain: Gain
  /// `nil`: a task without falls.
  var health: Health?
  var controlCost: ControlCost
  var contactCost: ContactCost?
  var resetNoise: ResetNoise
  /// Positions that Gymnasium's rules name by their index: a model with fewer makes it fail.
  var neededPositions: Int

  /// Contact forces are computed only for who needs them: it takes a few per cent of a step.
  var needsExternalForces: Bool {
    contactCost != nil
      || observation.contains {
        if case .externalForces = $0 { true } else { false }
      }
  }
}

extension LocomotionRules {
  enum ObservationPart: Sendable, Equatable {
    /// qpos without its first coordinates, those along the ground.
    case positions(skipping: Int)
    /// qvel, clipped to ±limit where there is one.
    case velocities(limit: Double?)
    // The rest by body (or degree of freedom), without the first ones: constant zeros of the world (the root).
    case inertias(skippingBodies: Int)
    case bodyVelocities(skippingBodies: Int)
    case actuatorForces(skipping: Int)
    case externalForces(skippingBodies: Int, range: ValueRange?)
  }

  enum Displacement: Sendable, Equatable {
    /// The first position coordinate: planar robots.
    case coordinate
    /// The first two: a robot that swims.
    case plane
    /// A body's frame.
    case body(ParameterValue)
    /// All bodies' centre of mass.
    case massCenter
  }

  /// What is paid for.
  enum Gain: Sendable, Equatable {
    /// weight × forward velocity, m/s.
    case velocity(weight: Double)
    /// qpos[2] / the model's time step, and 1 per step: standing up.
    case height
  }

  struct Health: Sendable, Equatable {
    var reward: Double
    /// Gymnasium's v4 pays while episodes end on falls, healthy or not; v5 pays the healthy only.
    var paysLastStep: Bool
    /// An unhealthy step terminates the episode.
    var terminates: Bool
    /// The height's index in qpos, which qvel follows.
    var heightIndex: Int
    var height: ValueRange
    /// Ant: the ends of the height range are healthy too.
    var heightIncludesEnds = false
    /// Of qpos[2], the torso's pitch in radians, ends excluded.
    var angle: ValueRange?
    /// Of everything from qpos[2] on and of qvel, ends excluded.
    var state: ValueRange?
    /// qpos and qvel have no NaN or infinity.
    var finite = false
  }

  struct ControlCost: Sendable, Equatable {
    var weight: Double
    /// Of the controls as MuJoCo holds them after the step (in Double; zeros after it reset a diverged simulation)
    /// instead of the action as given, in its own precision.
    var ofAppliedControls = false
  }

  struct ContactCost: Sendable, Equatable {
    var weight: Double
    /// Clips each force component first.
    var forceRange: ValueRange?
    /// Clips the weighted cost.
    var costRange: ValueRange?
  }

  struct ResetNoise: Sendable, Equatable {
    enum Velocities: Sendable { case uniform, normal }
    /// Positions are uniform in initial ± scale; velocities too, or normal with standard deviation `scale`.
    var scale: Double
    var velocities: Velocities
  }
}

/// The rule sets of one robot.
enum RuleVersion: String, Sendable, CaseIterable {
  /// The paper's: Gymnasium's v4 with contact forces where v2 had them.
  case v2
  case v4
  case v5
}

/// The tasks of one name, per version.
protocol TaskFamily: SendableMetatype {
  static var name: String { get }
  /// In ascending order; the short name means the first.
  static var versions: [RuleVersion] { get }
  static func parameters(_ version: RuleVersion) -> [ParameterDescriptor]
  static func make(_ version: RuleVersion, _ parameters: Parameters, _ descriptors: [ParameterDescriptor]) throws -> any SimulatedTask
}

extension TaskFamily {
  static var versions: [RuleVersion] { RuleVersion.allCases }
}

/// One robot's tasks: what its parameters are and which rules they make, per version.
protocol LocomotionFamily: TaskFamily {
  static func rules(_ version: RuleVersion, _ parameters: Parameters) throws(EnvironmentError) -> LocomotionRules
  /// Where it is looked at from; `nil` for the model's own camera.
  static var viewpoint: Viewpoint? { get }
}

extension LocomotionFamily {
  static var viewpoint: Viewpoint? { nil }

  static func make(
    _ version: RuleVersion, _ parameters: Parameters, _ descriptors: [ParameterDescriptor]
  ) throws -> any SimulatedTask {
    try LocomotionTask(
      id: parameters.environment, rules: rules(version, parameters), viewpoint: viewpoint, parameters: parameters, descriptors: descriptors)
  }
}

// Parameters that several robots have. xml_file and frame_skip are v5's in Gymnasium; here every version takes them.
extension ParameterDescriptor {
  static func modelFile(_ file: String) -> Self {
    Self(
      name: "xml_file", kind: .modelFile, defaultValue: .string(file),
      meaning: "MuJoCo model: a file in Assets/mujoco, or a path that begins with '.', '/' or '~'")
  }

  static func frameSkip(_ count: Double) -> Self {
    Self(
      name: "frame_skip", kind: .count, defaultValue: .number(count),
      meaning: "time steps of the model per action")
  }

  static func forwardRewardWeight(_ weight: Double) -> Self {
    Self(
      name: "forward_reward_weight", kind: .number(), defaultValue: .number(weight),
      meaning: "reward per forward velocity, 1/(m/s)")
  }

  static func controlCostWeight(_ weight: Double) -> Self {
    Self(
      name: "ctrl_cost_weight", kind: .number(), defaultValue: .number(weight),
      meaning: "cost per squared norm of the controls")
  }

  static func contactCostWeight(_ weight: Double) -> Self {
    Self(
      name: "contact_cost_weight", kind: .number(), defaultValue: .number(weight),
      meaning: "cost per squared norm of the contact forces, 1/N²")
  }

  static func healthyReward(_ reward: Double) -> Self {
    Self(
      name: "healthy_reward", kind: .number(), defaultValue: .number(reward),
      meaning: "reward per step for being healthy")
  }

  static let terminateWhenUnhealthy = Self(
    name: "terminate_when_unhealthy", kind: .bool, defaultValue: true,
    meaning: "whether an unhealthy step ends the episode")

  static func healthyHeight(_ low: Double, _ high: Double) -> Self {
    Self(
      name: "healthy_z_range", kind: .pair, defaultValue: .pair(low, high),
      meaning: "healthy heights of the torso, m")
  }

  static func healthyAngle(_ low: Double, _ high: Double) -> Self {
    Self(
      name: "healthy_angle_range", kind: .pair, defaultValue: .pair(low, high),
      meaning: "healthy pitch angles of the torso, rad, ends excluded")
  }

  static func resetNoiseScale(_ scale: Double) -> Self {
    Self(
      name: "reset_noise_scale", kind: .number(minimum: 0), defaultValue: .number(scale),
      meaning: "spread of the initial positions and velocities about the model's")
  }

  static func excludePositions(_ coordinates: String) -> Self {
    Self(
      name: "exclude_current_positions_from_observation", kind: .bool, defaultValue: true,
      meaning: "whether the observation leaves out the torso's \(coordinates)")
  }

  static func include(_ name: String, _ what: String) -> Self {
    Self(
      name: "include_\(name)_in_observation", kind: .bool, defaultValue: true,
      meaning: "whether the observation holds \(what)")
  }

  /// Not Gymnasium's: it only prints MuJoCo's warning.
  static let divergence = Self(
    name: "divergence", kind: .choice(["continue", "throw"]), defaultValue: "continue",
    meaning: "when the simulation diverges: continue from MuJoCo's automatic reset, as Gymnasium, or throw an error")
}

extension Parameters {
  func throwsOnDivergence() throws(EnvironmentError) -> Bool { try text("divergence") == "throw" }

  func frameSkip() throws(EnvironmentError) -> Int { Int(try number("frame_skip")) }

  /// How many of the first positions the observation leaves out.
  func skippedPositions(_ count: Int) throws(EnvironmentError) -> Int {
    try flag("exclude_current_positions_from_observation") ? count : 0
  }
}
