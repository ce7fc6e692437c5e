import CBullet
import Support

import Glibc

/// One simulated world; owns its connection to a Bullet of its own ("direct" in Bullet's terms: same process, same
/// thread).
///
/// Trajectories are the same bit for bit for the same calls on a new world. A world that has been reset is not new: the
/// trees and caches that decide the order of contacts remember. So an episode gets a new world.
public struct World: ~Copyable {
  private let bullet: UnsafePointer<BulletFunctions>
  private let client: b3PhysicsClientHandle

  /// An empty world.
  /// - Throws: ``BulletError`` when Bullet cannot be loaded or makes no world.
  public init() throws(BulletError) {
    let functions = try Library.functions.get()
    guard let client = functions.pointer.pointee.b3ConnectPhysicsDirect() else {
      throw .callFailed(call: "make a world", reason: Library.takeMessages())
    }
    bullet = functions.pointer
    self.client = client
  }

  deinit { bullet.pointee.b3DisconnectSharedMemory(client) }

  /// How time and contacts are treated.
  public struct Settings: Sendable, Equatable {
    /// Along z, m/s²; negative is down.
    public var gravity: Double
    /// Seconds that a ``step()`` advances, in `subSteps` equal parts.
    public var timeStep: Double
    /// Equal parts of a ``step()``, at least 1.
    public var subSteps: Int
    /// Of the constraint solver, per part.
    public var solverIterations: Int
    /// The share of a contact's penetration that a part corrects, its error reduction parameter.
    public var contactERP: Double

    /// Units as those of the properties.
    public init(gravity: Double, timeStep: Double, subSteps: Int, solverIterations: Int, contactERP: Double) {
      self.gravity = gravity
      self.timeStep = timeStep
      self.subSteps = subSteps
      self.solverIterations = solverIterations
      self.contactERP = contactERP
    }
  }

  /// Puts settings in force, from the next ``step()`` on.
  /// - Throws: ``BulletError/callFailed(call:reason:)``, as every call below when Bullet does not do what it is told.
  public mutating func apply(_ settings: Settings) throws(BulletError) {
    let call = "set gravity and time step"
    let command = try made(bullet.pointee.b3InitPhysicsParamCommand(client), call)
    _ = bullet.pointee.b3PhysicsParamSetGravity(command, 0, 0, settings.gravity)
    _ = bullet.pointee.b3PhysicsParamSetDefaultContactERP(command, settings.contactERP)
    _ = bullet.pointee.b3PhysicsParamSetNumSolverIterations(command, Int32(settings.solverIterations))
    _ = bullet.pointee.b3PhysicsParamSetNumSubSteps(command, Int32(settings.subSteps))
    _ = bullet.pointee.b3PhysicsParamSetTimeStep(command, settings.timeStep)
    try submit(command, bullet_command_completed, call)
  }

  /// Advances by ``Settings/timeStep``.
  public mutating func step() throws(BulletError) {
    try submit(try made(bullet.pointee.b3InitStepSimulationCommand(client), "step"), bullet_stepped, "step")
  }

  // MARK: Loading

  /// Adds a model's bodies. An SDF scene, for instance the floor.
  /// - Throws: ``BulletError/modelNotReadable(path:reason:)``, ``BulletError/modelNotLoaded(path:reason:)``, as the other loaders.
  public mutating func loadScene(_ path: String) throws(BulletError) -> [Body] {
    let command = try made(bullet.pointee.b3LoadSdfCommandInit(client, path), "load '\(path)'")
    return try load(path, command, bullet_sdf_loaded)
  }

  /// Adds the bodies of a MuJoCo (MJCF) model whose links collide with one another, parents and descendants excepted.
  public mutating func loadRobot(_ path: String) throws(BulletError) -> [Body] {
    let command = try made(bullet.pointee.b3LoadMJCFCommandInit(client, path), "load '\(path)'")
    bullet.pointee.b3LoadMJCFCommandSetFlags(
      command, Int32(bullet_self_collision | bullet_self_collision_exclude_all_parents))
    return try load(path, command, bullet_mjcf_loaded)
  }

  /// Adds the one body of a URDF model at a position, upright.
  public mutating func loadObject(_ path: String, at position: SIMD3<Double>) throws(BulletError) -> Body {
    let command = try made(bullet.pointee.b3LoadUrdfCommandInit(client, path), "load '\(path)'")
    _ = bullet.pointee.b3LoadUrdfCommandSetFlags(command, 0)
    _ = bullet.pointee.b3LoadUrdfCommandSetStartPosition(command, position.x, position.y, position.z)
    _ = bullet.pointee.b3LoadUrdfCommandSetStartOrientation(command, 0, 0, 0, 1)
    let status = try submitLoading(path, command, bullet_urdf_loaded)
    return try describe(bullet.pointee.b3GetStatusBodyIndex(status), of: path)
  }

  private func load(
    _ path: String, _ command: b3SharedMemoryCommandHandle, _ success: Int
  ) throws(BulletError) -> [Body] {
    let status = try submitLoading(path, command, success)
    var ids = [Int32](repeating: -1, count: 512)  // MAX_SDF_BODIES
    let count = bullet.pointee.b3GetStatusBodyIndices(status, &ids, Int32(ids.count))
    guard count > 0 else { throw .modelNotLoaded(path: path, reason: "it contains no bodies") }
    demand(count <= ids.count, "Bullet told of \(count) bodies in '\(path)', its own limit is \(ids.count)")
    var bodies: [Body] = []
    for id in ids.prefix(Int(count)) { bodies.append(try describe(id, of: path)) }
    return bodies
  }

  private func submitLoading(
    _ path: String, _ command: b3SharedMemoryCommandHandle, _ success: Int
  ) throws(BulletError) -> b3SharedMemoryStatusHandle {
    guard access(path, R_OK) == 0 else {
      throw .modelNotReadable(path: path, reason: String(cString: strerror(errno)))
    }
    _ = Library.takeMessages()
    guard let status = bullet.pointee.b3SubmitClientCommandAndWaitStatus(client, command),
      Int(bullet.pointee.b3GetStatusType(status)) == success
    else { throw .modelNotLoaded(path: path, reason: reason("it gives no reason")) }
    _ = Library.takeMessages()  // what loading went through is no reason for what fails later
    return status
  }

  private func describe(_ id: Int32, of path: String) throws(BulletError) -> Body {
    var body = b3BodyInfo()
    guard bullet.pointee.b3GetBodyInfo(client, id, &body) != 0 else {
      throw .modelNotLoaded(path: path, reason: "it does not know its own body \(id)")
    }
    let baseName = text(body.m_baseName)
    var joints: [Joint] = []
    for index in 0..<bullet.pointee.b3GetNumJoints(client, id) {
      var info = b3JointInfo()
      guard bullet.pointee.b3GetJointInfo(client, id, index, &info) != 0 else {
        throw .modelNotLoaded(path: path, reason: "it does not know its own joint \(index) of '\(baseName)'")
      }
      let kind: Joint.Kind =
        switch info.m_jointType {
        case 0: .revolute
        case 1: .prismatic
        case 4: .fixed
        default: .other
        }
      joints.append(
        Joint(
          index: Int(index), name: text(info.m_jointName), linkName: text(info.m_linkName), kind: kind,
          positionIndex: info.m_qIndex < 0 ? nil : Int(info.m_qIndex),
          velocityIndex: info.m_uIndex < 0 ? nil : Int(info.m_uIndex),
          lowerLimit: info.m_jointLowerLimit, upperLimit: info.m_jointUpperLimit,
          maximumVelocity: info.m_jointMaxVelocity))
    }
    return Body(id: id, baseName: baseName, joints: joints)
  }

  // MARK: Properties of bodies

  /// Friction and restitution coefficients of a body's base.
  public mutating func setSurface(of body: Body, friction: Double, restitution: Double) throws(BulletError) {
    let command = try made(bullet.pointee.b3InitChangeDynamicsInfo(client), "set the surface of '\(body.baseName)'")
    _ = bullet.pointee.b3ChangeDynamicsInfoSetLateralFriction(command, body.id, -1, friction)
    _ = bullet.pointee.b3ChangeDynamicsInfoSetRestitution(command, body.id, -1, restitution)
    try submit(command, bullet_command_completed, "set the surface of '\(body.baseName)'")
  }

  /// Mass of a body's base, kilograms.
  public mutating func setMass(of body: Body, _ mass: Double) throws(BulletError) {
    let command = try made(bullet.pointee.b3InitChangeDynamicsInfo(client), "set the mass of '\(body.baseName)'")
    _ = bullet.pointee.b3ChangeDynamicsInfoSetMass(command, body.id, -1, mass)
    try submit(command, bullet_command_completed, "set the mass of '\(body.baseName)'")
  }

  // MARK: State

  /// Puts one joint at a position (radians or metres), at rest.
  public mutating func setJoint(_ joint: Joint, of body: Body, to position: Double) throws(BulletError) {
    let command = try made(bullet.pointee.b3CreatePoseCommandInit(client, body.id), "set the joint '\(joint.name)'")
    _ = bullet.pointee.b3CreatePoseCommandSetJointPosition(client, command, Int32(joint.index), position)
    _ = bullet.pointee.b3CreatePoseCommandSetJointVelocity(client, command, Int32(joint.index), 0)
    try submit(command, bullet_command_completed, "set the joint '\(joint.name)'")
  }

  /// Puts a body's base somewhere, at rest.
  /// - Parameter orientation: quaternion x, y, z, w.
  public mutating func setBase(of body: Body, position: SIMD3<Double>, orientation: SIMD4<Double>) throws(BulletError) {
    let command = try made(bullet.pointee.b3CreatePoseCommandInit(client, body.id), "place '\(body.baseName)'")
    _ = bullet.pointee.b3CreatePoseCommandSetBasePosition(command, position.x, position.y, position.z)
    _ = bullet.pointee.b3CreatePoseCommandSetBaseOrientation(
      command, orientation.x, orientation.y, orientation.z, orientation.w)
    try submit(command, bullet_command_completed, "place '\(body.baseName)'")
  }

  /// Sets a base moving without rotation, metres per second.
  public mutating func setBaseVelocity(of body: Body, _ velocity: SIMD3<Double>) throws(BulletError) {
    let command = try made(bullet.pointee.b3CreatePoseCommandInit(client, body.id), "move '\(body.baseName)'")
    _ = bullet.pointee.b3CreatePoseCommandSetBaseLinearVelocity(command, [velocity.x, velocity.y, velocity.z])
    _ = bullet.pointee.b3CreatePoseCommandSetBaseAngularVelocity(command, [0, 0, 0])
    try submit(command, bullet_command_completed, "move '\(body.baseName)'")
  }

  /// Copies a body's state; once `state` has been filled, without allocating.
  /// - Throws: ``BulletError/callFailed(call:reason:)``, also for a body that is another world's and has links that this one's has
  ///   not; what `state` then holds is nobody's.
  public func read(_ body: Body, into state: inout BodyState) throws(BulletError) {
    let status = try submit(
      try made(bullet.pointee.b3RequestActualStateCommandInit(client, body.id), "read the state of '\(body.baseName)'"),
      bullet_actual_state_updated, "read the state of '\(body.baseName)'")
    var positionCount: Int32 = 0
    var velocityCount: Int32 = 0
    var inertialFrame: UnsafePointer<Double>?
    var positions: UnsafePointer<Double>?
    var velocities: UnsafePointer<Double>?
    guard
      bullet.pointee.b3GetStatusActualState(
        status, nil, &positionCount, &velocityCount, &inertialFrame, &positions, &velocities, nil) != 0, let inertialFrame,
      let positions, let velocities
    else { throw .callFailed(call: "read the state of '\(body.baseName)'", reason: reason("it gives no reason")) }
    copy(inertialFrame, 7, to: &state.baseInertialFrame)
    copy(positions, Int(positionCount), to: &state.positions)
    copy(velocities, Int(velocityCount), to: &state.velocities)
    if state.linkPositions.count != body.joints.count {
      state.linkPositions = Array(repeating: .zero, count: body.joints.count)
    }
    var link = b3LinkState()
    for index in body.joints.indices {
      guard bullet.pointee.b3GetLinkState(client, status, Int32(index), &link) != 0 else {
        throw .callFailed(
          call: "read the link '\(body.joints[index].linkName)' of '\(body.baseName)'",
          reason: "body \(body.id) of this world has no link \(index)")
      }
      state.linkPositions[index] = SIMD3(link.m_worldPosition.0, link.m_worldPosition.1, link.m_worldPosition.2)
    }
  }

  /// Where the frames of a body's links are now, [links], in world axes, metres.
  ///
  /// ``BodyState/linkPositions`` are centres of mass, and after a step Bullet tells them as they were a part of the step ago, centimetres
  /// away in a fast motion; here they are computed anew from the joints. That writes to what Bullet keeps of the links: for looking at
  /// a world, not for one that is to go on as it would have.
  public mutating func linkFramePositions(of body: Body) throws(BulletError) -> [SIMD3<Double>] {
    let call = "read the link frames of '\(body.baseName)'"
    let command = try made(bullet.pointee.b3RequestActualStateCommandInit(client, body.id), call)
    _ = bullet.pointee.b3RequestActualStateCommandComputeForwardKinematics(command, 1)
    let status = try submit(command, bullet_actual_state_updated, call)
    var link = b3LinkState()
    var positions: [SIMD3<Double>] = []
    for index in body.joints.indices {
      guard bullet.pointee.b3GetLinkState(client, status, Int32(index), &link) != 0 else {
        throw .callFailed(call: call, reason: "body \(body.id) of this world has no link \(index)")
      }
      let place = link.m_worldLinkFramePosition
      positions.append(SIMD3(place.0, place.1, place.2))
    }
    return positions
  }

  // MARK: Motors and contacts

  /// Loosens a joint: Bullet gives every joint a motor that holds it, this one's force becomes zero.
  public mutating func disableMotor(of joint: Joint, of body: Body) throws(BulletError) {
    guard let position = joint.positionIndex, let velocity = joint.velocityIndex else { return }
    let command = try made(
      bullet.pointee.b3JointControlCommandInit2(client, body.id, Int32(bullet_control_position_velocity)),
      "loosen the joint '\(joint.name)'")
    _ = bullet.pointee.b3JointControlSetDesiredPosition(command, Int32(position), 0)
    _ = bullet.pointee.b3JointControlSetKp(command, Int32(velocity), 0.1)
    _ = bullet.pointee.b3JointControlSetDesiredVelocity(command, Int32(velocity), 0)
    _ = bullet.pointee.b3JointControlSetKd(command, Int32(velocity), 0.1)
    _ = bullet.pointee.b3JointControlSetMaximumForce(command, Int32(velocity), 0)
    try submit(command, bullet_control_received, "loosen the joint '\(joint.name)'")
  }

  /// Applies torques (N m) to joints during the next step.
  /// - Parameters:
  ///   - velocityIndices: one per torque: ``Joint/velocityIndex``.
  public mutating func applyTorques(_ torques: [Double], at velocityIndices: [Int], of body: Body) throws(BulletError) {
    demand(
      torques.count == velocityIndices.count,
      "\(velocityIndices.count) joints take as many torques, got \(torques.count)")
    let command = try made(
      bullet.pointee.b3JointControlCommandInit2(client, body.id, Int32(bullet_control_torque)), "apply torques to '\(body.baseName)'")
    for (torque, index) in zip(torques, velocityIndices) {
      _ = bullet.pointee.b3JointControlSetDesiredForceTorque(command, Int32(index), torque)
    }
    try submit(command, bullet_control_received, "apply torques to '\(body.baseName)'")
  }

  /// Whether a link of one body touched the base of another when the last step ended.
  public func touches(_ body: Body, link: Int, baseOf other: Body) throws(BulletError) -> Bool {
    let command = try made(
      bullet.pointee.b3InitRequestContactPointInformation(client), "report the contacts of '\(body.baseName)'")
    bullet.pointee.b3SetContactFilterBodyA(command, body.id)
    bullet.pointee.b3SetContactFilterBodyB(command, other.id)
    bullet.pointee.b3SetContactFilterLinkA(command, Int32(link))
    bullet.pointee.b3SetContactFilterLinkB(command, -1)
    try submit(command, bullet_contacts_reported, "report the contacts of '\(body.baseName)'")
    var contacts = b3ContactInformation()
    bullet.pointee.b3GetContactPointInformation(client, &contacts)
    return contacts.m_numContactPoints > 0
  }

  // MARK: Commands

  /// A command that Bullet has made room for. What is then put into it cannot fail: those functions always return 0.
  private func made(
    _ command: b3SharedMemoryCommandHandle?, _ call: @autoclosure () -> String
  ) throws(BulletError) -> b3SharedMemoryCommandHandle {
    guard let command else { throw .callFailed(call: call(), reason: reason("it takes no commands")) }
    return command
  }

  /// The one way in, for all but models: a command, and Bullet's answer, which has to be `success`.
  @discardableResult
  private func submit(
    _ command: b3SharedMemoryCommandHandle, _ success: Int, _ call: @autoclosure () -> String
  ) throws(BulletError) -> b3SharedMemoryStatusHandle {
    guard let status = bullet.pointee.b3SubmitClientCommandAndWaitStatus(client, command),
      Int(bullet.pointee.b3GetStatusType(status)) == success
    else { throw .callFailed(call: call(), reason: reason("it gives no reason")) }
    return status
  }

  private func reason(_ otherwise: String) -> String {
    let messages = Library.takeMessages()
    return messages.isEmpty ? otherwise : messages
  }
}

/// A copy of a C array of a changing length; allocates only when it changes.
private func copy(_ source: UnsafePointer<Double>, _ count: Int, to target: inout [Double]) {
  if target.count != count { target = Array(repeating: 0, count: count) }
  for index in 0..<count { target[index] = source[index] }
}

/// A C string in a fixed array, which Swift sees as a tuple.
private func text<Characters>(_ characters: Characters) -> String {
  withUnsafeBytes(of: characters) { bytes in String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
}
