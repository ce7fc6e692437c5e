import CMuJoCo
import CMuJoCoGuard

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A model in a pose as a camera sees it: what is drawn, before any graphics library comes in.
package final class VisualScene {
  /// A copy, because how it is drawn is written into it.
  let model: UnsafeMutablePointer<mjModel>
  private let data: UnsafeMutablePointer<mjData>
  let scene: UnsafeMutablePointer<mjvScene>
  private var option = mjvOption()
  private var camera = mjvCamera()
  private var isAtViewpoint = false
  private let path: String
  private let viewpoint: Viewpoint?
  /// The model's cameras that have names.
  package let cameras: [(name: String, index: Int)]

  /// What every model can be seen from: MuJoCo's free camera, which looks at the whole of the model as it was compiled.
  package static let freeCamera = "free"
  /// A task's own viewpoint, where it has one.
  package static let viewpointCamera = "usual"
  /// The camera that Gymnasium's pictures are taken with, where a model has it.
  package static let trackingCamera = "track"

  /// - Parameters:
  ///   - width, height: the largest picture that will be wanted, pixels.
  ///   - viewpoint: the usual one; the camera "track" where this is `nil` or follows a body that the model has not got.
  ///   - markers: that will be drawn, at most.
  package init(
    _ model: Model, width: Int, height: Int, viewpoint: Viewpoint? = nil, markers: Int = 16
  ) throws(MuJoCoError) {
    func failure(_ function: String) -> MuJoCoError {
      .callFailed(function: function, model: model.path, reason: ErrorGuard.message)
    }
    _ = ErrorGuard.installed
    guard let copy = mujoco_guard_copy_model(model.pointer) else { throw failure("mj_copyModel") }
    copy.pointee.vis.global.offwidth = Int32(width)
    copy.pointee.vis.global.offheight = Int32(height)
    // Looks the same as MuJoCo's 4096 and takes half of the time.
    copy.pointee.vis.quality.shadowsize = min(copy.pointee.vis.quality.shadowsize, 1024)
    // Edges without smoothing hardly show, and take half of what is left.
    copy.pointee.vis.quality.offsamples = 0
    // A model without lights has the camera's own lamp alone, which MuJoCo makes dim to go with others.
    if copy.pointee.nlight == 0 {
      copy.pointee.vis.headlight.ambient = (0.3, 0.3, 0.3)
      copy.pointee.vis.headlight.diffuse = (0.7, 0.7, 0.7)
    }
    guard let data = mujoco_guard_make_data(copy) else {
      let failure = failure("mj_makeData")
      mj_deleteModel(copy)
      throw failure
    }
    guard let scene = mujoco_guard_make_scene(copy, Int32(markers)) else {
      let failure = failure("mjv_makeScene")
      mj_deleteData(data)
      mj_deleteModel(copy)
      throw failure
    }
    self.model = copy
    self.data = data
    self.scene = scene
    path = model.path
    self.viewpoint = viewpoint.flatMap { viewpoint in
      guard let body = viewpoint.followed else { return viewpoint }
      return mj_name2id(copy, Int32(mjOBJ_BODY.rawValue), body) > 0 ? viewpoint : nil
    }
    cameras = (0..<Int(copy.pointee.ncam)).compactMap { index in
      mj_id2name(copy, Int32(mjOBJ_CAMERA.rawValue), Int32(index)).map { (String(cString: $0), index) }
    }
    mjv_defaultOption(&option)
    _ = look(through: Self.viewpointCamera) || look(through: Self.trackingCamera) || look(through: Self.freeCamera)
  }

  deinit {
    mujoco_free_scene(scene)
    mj_deleteData(data)
    mj_deleteModel(model)
  }

  /// Positions of the model, nq.
  package var positionCount: Int { Int(model.pointee.nq) }

  /// Names that ``look(through:)`` takes.
  package var cameraNames: [String] { (viewpoint == nil ? [] : [Self.viewpointCamera]) + cameras.map(\.name) + [Self.freeCamera] }

  /// Chooses a camera.
  /// - Returns: false where there is none of that name.
  @discardableResult
  package func look(through name: String) -> Bool {
    isAtViewpoint = false
    if name == Self.viewpointCamera, let viewpoint {
      mjv_defaultCamera(&camera)
      if let body = viewpoint.followed {
        camera.type = Int32(mjCAMERA_TRACKING.rawValue)
        camera.trackbodyid = mj_name2id(model, Int32(mjOBJ_BODY.rawValue), body)
      }
      camera.lookat = (viewpoint.target.x, viewpoint.target.y, viewpoint.target.z)
      camera.distance = viewpoint.distance
      camera.azimuth = viewpoint.azimuth
      camera.elevation = viewpoint.elevation
      isAtViewpoint = true
      return true
    }
    if let (_, index) = cameras.first(where: { $0.name == name }) {
      mjv_defaultCamera(&camera)
      camera.type = Int32(mjCAMERA_FIXED.rawValue)
      camera.fixedcamid = Int32(index)
      return true
    }
    guard name == Self.freeCamera else { return false }
    mjv_defaultFreeCamera(model, &camera)
    return true
  }

  /// From camera to camera, the free one last, and around again; from a camera that was moved by hand to the first.
  package func lookThroughNextCamera() {
    let fixed = cameras.first { camera.type == Int32(mjCAMERA_FIXED.rawValue) && $0.index == Int(camera.fixedcamid) }?.name
    let present = cameraNames.firstIndex { $0 == (isAtViewpoint ? Self.viewpointCamera : fixed) }
    look(through: cameraNames[present.map { $0 + 1 } ?? 0])
  }

  /// Puts everything where a pose has it, and what the camera then sees into the scene.
  package func show(_ pose: Pose) throws(MuJoCoError) {
    guard pose.positions.count == positionCount else {
      throw .wrongCount(quantity: "positions", expected: positionCount, given: pose.positions.count)
    }
    for (index, value) in pose.positions.enumerated() { data.pointee.qpos[index] = value }
    guard mujoco_guard_place(model, data) else { throw failure("mj_kinematics") }
    guard mujoco_guard_update_scene(model, data, &option, &camera, scene) else { throw failure("mjv_updateScene") }
    for marker in pose.markers { add(marker) }
  }

  private func add(_ marker: Pose.Marker) {
    let (type, size): (mjtGeom, SIMD3<Double>) =
      switch marker.shape {
      case .sphere(let radius): (mjGEOM_SPHERE, SIMD3(repeating: radius))
      case .box(let halfSize): (mjGEOM_BOX, halfSize)
      }
    let q = marker.orientation
    var rotation = [Double](repeating: 0, count: 9)
    mju_quat2Mat(&rotation, [q.w, q.x, q.y, q.z])
    _ = mujoco_add_geometry(
      scene, Int32(type.rawValue), [size.x, size.y, size.z], [marker.position.x, marker.position.y, marker.position.z],
      rotation, [marker.color.x, marker.color.y, marker.color.z, marker.color.w])
  }

  private func failure(_ function: String) -> MuJoCoError {
    .callFailed(function: function, model: path, reason: ErrorGuard.message)
  }
}

// MARK: - A camera that is moved by hand

extension VisualScene {
  /// How a hand moves the camera: as fractions of the window's height.
  package enum Motion { case orbit, move, zoom }

  /// Moves the camera; one that was the model's becomes one that follows the same body.
  package func moveCamera(_ motion: Motion, _ dx: Double, _ dy: Double) {
    release()
    isAtViewpoint = false
    switch motion {
    case .orbit:
      mjv_moveCamera(model, Int32(mjMOUSE_ROTATE_H.rawValue), dx, 0, &camera)
      mjv_moveCamera(model, Int32(mjMOUSE_ROTATE_V.rawValue), 0, dy, &camera)
    case .move: mjv_moveCamera(model, Int32(mjMOUSE_MOVE_V.rawValue), dx, dy, &camera)
    case .zoom: mjv_moveCamera(model, Int32(mjMOUSE_ZOOM.rawValue), 0, dy, &camera)
    }
  }

  /// From a camera of the model's to one by hand that sees the same.
  private func release() {
    guard camera.type == Int32(mjCAMERA_FIXED.rawValue) else { return }
    let body = model.pointee.cam_bodyid[Int(camera.fixedcamid)]
    let view = scene.pointee.camera.0
    let position = SIMD3(Double(view.pos.0), Double(view.pos.1), Double(view.pos.2))
    let forward = SIMD3(Double(view.forward.0), Double(view.forward.1), Double(view.forward.2))
    let followed = data.pointee.subtree_com + 3 * Int(body)
    let ahead = ((SIMD3(followed[0], followed[1], followed[2]) - position) * forward).sum()
    let distance = body > 0 && ahead > 0 ? ahead : model.pointee.stat.extent
    let target = position + distance * forward
    mjv_defaultCamera(&camera)
    camera.type = Int32((body > 0 ? mjCAMERA_TRACKING : mjCAMERA_FREE).rawValue)
    camera.trackbodyid = body
    camera.lookat = (target.x, target.y, target.z)
    camera.distance = distance
    camera.azimuth = atan2(forward.y, forward.x) * 180 / .pi
    camera.elevation = asin(min(max(forward.z, -1), 1)) * 180 / .pi
  }
}
