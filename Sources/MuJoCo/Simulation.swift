import CMuJoCo
import CMuJoCoGuard

/// One simulated world; owns its `mjData` and keeps its model alive. Stepping allocates nothing.
public struct Simulation: ~Copyable {
  /// The model that is simulated; others may simulate it too.
  public let model: Model
  private let data: UnsafeMutablePointer<mjData>

  /// A world in the model's initial state.
  /// - Throws: ``MuJoCoError/callFailed(function:model:reason:)`` when MuJoCo has no memory for it.
  public init(_ model: Model) throws(MuJoCoError) {
    guard let data = mujoco_guard_make_data(model.pointer) else {
      throw .callFailed(function: "mj_makeData", model: model.path, reason: ErrorGuard.message)
    }
    self.model = model
    self.data = data
  }

  deinit { mj_deleteData(data) }

  /// Everything back to the model's initial state: time, state, warm start, counters (`mj_resetData`).
  public mutating func reset() throws(MuJoCoError) {
    try check(mujoco_guard_reset(model.pointer, data), "mj_resetData")
  }

  /// Writes the state; what depends on it follows with ``forward()``.
  /// - Parameters: positions [nq] and velocities [nv], metres, radians and seconds.
  public mutating func setState(positions: [Double], velocities: [Double]) throws(MuJoCoError) {
    try expect("positions", model.positionCount, positions.count)
    try expect("velocities", model.velocityCount, velocities.count)
    for (i, value) in positions.enumerated() { data.pointee.qpos[i] = value }
    for (i, value) in velocities.enumerated() { data.pointee.qvel[i] = value }
  }

  /// Writes the controls [nu] that the following steps apply, in the actuators' units.
  package mutating func setControls(_ controls: UnsafeBufferPointer<Float>) throws(MuJoCoError) {
    try expect("controls", model.controlCount, controls.count)
    for i in controls.indices { data.pointee.ctrl[i] = Double(controls[i]) }
  }

  /// The same in double precision.
  package mutating func setControls(_ controls: UnsafeBufferPointer<Double>) throws(MuJoCoError) {
    try expect("controls", model.controlCount, controls.count)
    for i in controls.indices { data.pointee.ctrl[i] = controls[i] }
  }

  /// Computes everything that follows from the state, without advancing time (`mj_forward`).
  public mutating func forward() throws(MuJoCoError) {
    try check(mujoco_guard_forward(model.pointer, data), "mj_forward")
  }

  /// Advances by `count` time steps of the model (`mj_step`).
  public mutating func step(_ count: Int = 1) throws(MuJoCoError) {
    try check(mujoco_guard_step(model.pointer, data, Int32(count)), "mj_step")
  }

  /// Computes ``Quantity/externalForces``, which no step does by itself (`mj_rnePostConstraint`); costly.
  public mutating func computeExternalForces() throws(MuJoCoError) {
    try check(mujoco_guard_rne_post_constraint(model.pointer, data), "mj_rnePostConstraint")
  }

  /// What diverged since the last call, if anything. MuJoCo resets a diverged simulation by itself and goes on.
  public mutating func takeDivergence() -> Divergence? {
    var coordinate: Int32 = 0
    let warning = mujoco_guard_take_divergence(data, &coordinate)
    guard warning >= 0 else { return nil }
    return Divergence(message: String(cString: mju_warningText(warning, Int(coordinate))))
  }

  /// Lends one of the world's arrays, valid inside of `body` only.
  public borrowing func read<Result>(
    _ quantity: Quantity, _ body: (UnsafeBufferPointer<Double>) throws -> Result
  ) rethrows -> Result {
    let bodies = model.bodies.count
    return switch quantity {
    case .positions: try body(UnsafeBufferPointer(start: data.pointee.qpos, count: model.positionCount))
    case .velocities: try body(UnsafeBufferPointer(start: data.pointee.qvel, count: model.velocityCount))
    case .controls: try body(UnsafeBufferPointer(start: data.pointee.ctrl, count: model.controlCount))
    case .actuatorForces: try body(UnsafeBufferPointer(start: data.pointee.qfrc_actuator, count: model.velocityCount))
    case .constraintForces: try body(UnsafeBufferPointer(start: data.pointee.qfrc_constraint, count: model.velocityCount))
    case .sitePositions: try body(UnsafeBufferPointer(start: data.pointee.site_xpos, count: 3 * model.siteCount))
    case .bodyPositions: try body(UnsafeBufferPointer(start: data.pointee.xpos, count: 3 * bodies))
    case .massCenters: try body(UnsafeBufferPointer(start: data.pointee.xipos, count: 3 * bodies))
    case .inertias: try body(UnsafeBufferPointer(start: data.pointee.cinert, count: 10 * bodies))
    case .bodyVelocities: try body(UnsafeBufferPointer(start: data.pointee.cvel, count: 6 * bodies))
    case .externalForces: try body(UnsafeBufferPointer(start: data.pointee.cfrc_ext, count: 6 * bodies))
    }
  }

  /// The arrays of `mjData` that tasks read, row-major.
  public enum Quantity: Sendable {
    /// qpos [nq]: metres, radians, unit quaternions.
    case positions
    /// qvel [nv]: metres or radians per second.
    case velocities
    /// ctrl [nu]: as last set, in the actuators' units.
    case controls
    /// qfrc_actuator [nv]: newtons or newton metres.
    case actuatorForces
    /// qfrc_constraint [nv]: of limits, contacts and friction, newtons or newton metres.
    case constraintForces
    /// site_xpos [sites, 3]: metres, as of the last time step's start.
    case sitePositions
    /// xpos [bodies, 3]: of the body frames, metres. As of the last time step's start: `mj_step` ends by integrating.
    case bodyPositions
    /// xipos [bodies, 3]: of the bodies' centres of mass, metres, as of the last time step's start.
    case massCenters
    /// cinert [bodies, 10]: inertia, mass × offset and mass about the robot's centre of mass.
    case inertias
    /// cvel [bodies, 6]: rotational then translational velocity about the robot's centre of mass.
    case bodyVelocities
    /// cfrc_ext [bodies, 6]: torque then force from outside about the robot's centre of mass.
    case externalForces
  }

  /// MuJoCo's word on a state that ran away.
  public struct Divergence: Sendable, Equatable {
    /// For instance "Nan, Inf or huge value in QACC at DOF 0. The simulation is unstable."
    public var message: String
  }

  private func check(_ completed: Bool, _ function: String) throws(MuJoCoError) {
    guard completed else {
      throw .callFailed(function: function, model: model.path, reason: ErrorGuard.message)
    }
  }

  private func expect(_ quantity: String, _ expected: Int, _ given: Int) throws(MuJoCoError) {
    guard given == expected else { throw .wrongCount(quantity: quantity, expected: expected, given: given) }
  }
}
