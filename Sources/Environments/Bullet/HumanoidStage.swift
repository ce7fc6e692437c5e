import Bullet
import MuJoCo

/// The world of one episode: floor, humanoid, and the flag and cube of the harder tasks.
///
/// The order of every call that touches the world is the reference's, as it decides the order in which Bullet finds
/// contacts.
struct HumanoidStage: ~Copyable {
  /// Seconds per action: four parts of a quarter of this.
  static let controlPeriod = 0.0165 / 4 * 4

  private var world: World
  private let floor: Body
  private let humanoid: Body
  /// Joints that move, in the model's order.
  let joints: [Joint]
  private let motors: [Int]
  private let feet: [Int]
  private var flag: Body?
  private var cube: Body?
  private let models: String
  private var state = BodyState()
  private var cubeState = BodyState()

  /// A motor of the humanoid: what the action's components drive, in their order.
  struct Motor: Sendable {
    var joint: String
    /// Of an action of 1, N m.
    var torque: Double

    init(_ joint: String, _ power: Double) {
      self.joint = joint
      torque = power * 0.41
    }
  }

  static let motorsInActionOrder: [Motor] = [
    Motor("abdomen_z", 100), Motor("abdomen_y", 100), Motor("abdomen_x", 100),
    Motor("right_hip_x", 100), Motor("right_hip_z", 100), Motor("right_hip_y", 300), Motor("right_knee", 200),
    Motor("left_hip_x", 100), Motor("left_hip_z", 100), Motor("left_hip_y", 300), Motor("left_knee", 200),
    Motor("right_shoulder1", 75), Motor("right_shoulder2", 75), Motor("right_elbow", 75),
    Motor("left_shoulder1", 75), Motor("left_shoulder2", 75), Motor("left_elbow", 75),
  ]

  static func robotPath(in models: String) -> String { models + "/mjcf/humanoid_symmetric.xml" }

  /// A new world with floor and humanoid.
  /// - Parameter models: the folder of Bullet's models.
  init(models: String, environment: String) throws {
    var world = try World()
    try world.apply(
      World.Settings(
        gravity: -9.8, timeStep: Self.controlPeriod, subSteps: 4, solverIterations: 5, contactERP: 0.9))
    let scene = try world.loadScene(models + "/plane_stadium.sdf")
    for body in scene { try world.setSurface(of: body, friction: 0.8, restitution: 0.5) }
    let path = Self.robotPath(in: models)
    let humanoid = try world.loadRobot(path)[0]

    func missing(_ what: String) -> BulletTaskError {
      .modelDoesNotFit(path: path, environment: environment, missing: what)
    }
    let joints = humanoid.joints.filter { $0.kind != .fixed }
    guard joints.count == Self.motorsInActionOrder.count else {
      throw missing("\(Self.motorsInActionOrder.count) joints, but \(joints.count)")
    }
    let motors = try Self.motorsInActionOrder.map { motor in
      guard let index = joints.first(where: { $0.name == motor.joint })?.velocityIndex else {
        throw missing("joint '\(motor.joint)'")
      }
      return index
    }
    let feet = try ["right_foot", "left_foot"].map { name in
      guard let link = humanoid.link(name) else { throw missing("link '\(name)'") }
      return link
    }
    self.motors = motors
    self.feet = feet
    floor = scene[0]
    self.humanoid = humanoid
    self.joints = joints
    self.models = models
    self.world = world
  }

  // MARK: Setting the scene

  /// Puts the moving joints at given positions (radians) and loosens their motors.
  mutating func setJoints(_ position: () -> Double) throws {
    for joint in joints {
      try world.setJoint(joint, of: humanoid, to: position())
      try world.disableMotor(of: joint, of: humanoid)
    }
  }

  /// Stands the flag, a sphere that nothing collides with, at a place on the floor.
  mutating func placeFlag(x: Double, y: Double) throws {
    let position = SIMD3(x, y, 0.7)
    if let flag {
      try world.setBase(of: flag, position: position, orientation: [0, 0, 0, 1])
    } else {
      flag = try world.loadObject(models + "/sphere2red_nocol.urdf", at: position)
    }
  }

  /// Lays the cube that will be thrown beside the humanoid.
  mutating func placeCube() throws {
    let cube = try world.loadObject(models + "/cube_small.urdf", at: [-1.5, 0, 0.05])
    try world.setMass(of: cube, 1.2)
    self.cube = cube
  }

  /// Throws the cube: from `position`, turned as it lies, with `velocity` in m/s.
  mutating func throwCube(from position: SIMD3<Double>, velocity: SIMD3<Double>) throws {
    guard let cube else { return }
    try world.read(cube, into: &cubeState)
    try world.setBase(of: cube, position: position, orientation: cubeState.baseOrientation)
    try world.setBaseVelocity(of: cube, velocity)
  }

  // MARK: Time and state

  /// Advances by one control period under the motors' torques (N m, in action order).
  mutating func step(torques: [Double]) throws {
    try world.applyTorques(torques, at: motors, of: humanoid)
    try world.step()
  }

  /// Whether right and left foot touch the floor.
  func feetContacts() throws -> [Float] {
    try feet.map { try world.touches(humanoid, link: $0, baseOf: floor) ? 1 : 0 }
  }

  /// The humanoid's posture now.
  /// - Parameter countsFloor: whether the floor, at the origin, counts among the parts whose mean position is taken.
  mutating func posture(countsFloor: Bool) throws -> Posture {
    try world.read(humanoid, into: &state)
    return Posture(state, joints: joints, partCount: humanoid.joints.count + (countsFloor ? 2 : 1))
  }

  /// Everything that can be seen, for MuJoCo's renderer. Changes nothing that the simulation goes on from.
  func pose(as visual: VisualHumanoid) throws -> Pose {
    var humanoidNow = BodyState()
    try world.read(humanoid, into: &humanoidNow)
    func state(of body: Body?) throws -> BodyState? {
      guard let body else { return nil }
      var now = BodyState()
      try world.read(body, into: &now)
      return now
    }
    return visual.pose(humanoidNow, flag: try state(of: flag)?.basePosition, cube: try state(of: cube))
  }

  /// Where the links' frames are, by name, metres; see ``World/linkFramePositions(of:)``.
  mutating func linkFramePositions() throws -> [(name: String, position: SIMD3<Double>)] {
    Array(zip(humanoid.joints.map(\.linkName), try world.linkFramePositions(of: humanoid)))
  }
}
