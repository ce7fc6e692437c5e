import CMuJoCo
import CMuJoCoGuard

import Glibc

/// A compiled model, never written after loading, so simulations may share it.
public final class Model: @unchecked Sendable {  // MuJoCo's functions take `const mjModel *`
  let pointer: UnsafeMutablePointer<mjModel>
  /// Where it was loaded from.
  public let path: String
  /// Its bodies, joints and actuators, in MuJoCo's order; body 0 is the world.
  public let bodies: [Body]
  /// In MuJoCo's order.
  public let joints: [Joint]
  /// In MuJoCo's order, which is that of a control vector.
  public let actuators: [Actuator]

  /// - Parameter path: of an MJCF (XML) file.
  public convenience init(contentsOf path: String) throws(MuJoCoError) {
    _ = ErrorGuard.installed
    guard access(path, R_OK) == 0 else {
      throw .modelNotReadable(path: path, reason: String(cString: strerror(errno)))
    }
    guard let pointer = mujoco_guard_load(path) else {
      throw .modelNotLoaded(path: path, reason: ErrorGuard.message)
    }
    self.init(adopting: pointer, path: path)
  }

  /// Takes over a compiled model.
  init(adopting pointer: UnsafeMutablePointer<mjModel>, path: String) {
    self.path = path
    self.pointer = pointer
    func name(_ kind: mjtObj, _ index: Int) -> String {
      mj_id2name(pointer, Int32(kind.rawValue), Int32(index)).map { String(cString: $0) } ?? ""
    }
    bodies = (0..<Int(pointer.pointee.nbody)).map {
      Body(
        name: name(mjOBJ_BODY, $0), mass: pointer.pointee.body_mass[$0],
        parent: Int(pointer.pointee.body_parentid[$0]))
    }
    joints = (0..<Int(pointer.pointee.njnt)).map { index in
      Joint(
        name: name(mjOBJ_JOINT, index), kind: Joint.Kind(pointer.pointee.jnt_type[index]),
        positionIndex: Int(pointer.pointee.jnt_qposadr[index]), velocityIndex: Int(pointer.pointee.jnt_dofadr[index]))
    }
    actuators = (0..<Int(pointer.pointee.nu)).map { index in
      let drivesJoint = pointer.pointee.actuator_trntype[index] == mjTRN_JOINT.rawValue
      let target = drivesJoint ? name(mjOBJ_JOINT, Int(pointer.pointee.actuator_trnid[2 * index])) : ""
      return Actuator(
        name: name(mjOBJ_ACTUATOR, index), joint: target,
        low: pointer.pointee.actuator_ctrlrange[2 * index], high: pointer.pointee.actuator_ctrlrange[2 * index + 1],
        gear: pointer.pointee.actuator_gear[6 * index])
    }
  }

  deinit { mj_deleteModel(pointer) }

  /// Length of a position vector, nq: a free joint has 7 coordinates, a ball joint 4, others 1.
  public var positionCount: Int { Int(pointer.pointee.nq) }
  /// Length of a velocity vector, nv.
  public var velocityCount: Int { Int(pointer.pointee.nv) }
  /// Length of a control vector, nu.
  public var controlCount: Int { actuators.count }
  /// Marked places on bodies.
  public var siteCount: Int { Int(pointer.pointee.nsite) }
  /// Integration step, seconds.
  public var timestep: Double { pointer.pointee.opt.timestep }
}

extension Model {
  /// A rigid body of the model.
  public struct Body: Sendable, Equatable {
    /// As the model names it; empty where it does not.
    public var name: String
    /// Kilograms.
    public var mass: Double
    /// Index of the body that it hangs on; the world's is its own.
    public var parent: Int
  }

  /// What lets a body move against its parent.
  public struct Joint: Sendable, Equatable {
    /// MuJoCo's kinds: 6, 3, 1 and 1 degrees of freedom.
    public enum Kind: Sendable { case free, ball, slide, hinge }

    /// As the model names it; empty where it does not.
    public var name: String
    /// What motion it allows.
    public var kind: Kind
    /// Its first coordinate in the position vector, and in the velocity vector.
    public var positionIndex: Int
    /// Its first coordinate in the velocity vector.
    public var velocityIndex: Int
  }

  /// A motor: one component of a control vector.
  public struct Actuator: Sendable, Equatable {
    /// As the model names it; empty where it does not.
    public var name: String
    /// The joint that it drives; empty when it drives something else.
    public var joint: String
    /// Control range, in the actuator's units; both 0 when the model gives none.
    public var low: Double
    /// Upper end of the control range.
    public var high: Double
    /// Force or torque at the joint per unit of control.
    public var gear: Double
  }
}

extension Model.Joint.Kind {
  init(_ type: Int32) {
    switch UInt32(type) {
    case mjJNT_FREE.rawValue: self = .free
    case mjJNT_BALL.rawValue: self = .ball
    case mjJNT_SLIDE.rawValue: self = .slide
    default: self = .hinge
    }
  }
}
