import CMuJoCo
import CMuJoCoGuard

/// A model before it is compiled, for what a file lacks to be added (MuJoCo's `mjSpec`).
public struct ModelSpecification: ~Copyable {
  private let pointer: UnsafeMutablePointer<mjSpec>
  private let path: String

  /// - Parameter path: of an MJCF (XML) file.
  /// - Throws: ``MuJoCoError/modelNotLoaded(path:reason:)``.
  public init(contentsOf path: String) throws(MuJoCoError) {
    _ = ErrorGuard.installed
    guard let pointer = mujoco_guard_parse(path) else {
      throw .modelNotLoaded(path: path, reason: ErrorGuard.message)
    }
    self.pointer = pointer
    self.path = path
  }

  /// A world without anything in it.
  public init() {
    _ = ErrorGuard.installed
    pointer = mj_makeSpec()
    path = "an empty world"
  }

  deinit { mj_deleteSpec(pointer) }

  /// The model of what has been specified.
  /// - Throws: ``MuJoCoError/modelNotLoaded(path:reason:)``.
  public func compile() throws(MuJoCoError) -> Model {
    guard let model = mujoco_guard_compile(pointer) else {
      throw .modelNotLoaded(path: path, reason: ErrorGuard.message)
    }
    return Model(adopting: model, path: path)
  }

  /// A material without texture, for geometries that name one.
  public mutating func addMaterial(_ name: String) {
    mjs_setName(mjs_addMaterial(pointer, nil).pointee.element, name)
  }

  /// A sky that fades from one color at the horizon to another overhead: red, green, blue, 0…1.
  public mutating func addSky(horizon: SIMD3<Double>, zenith: SIMD3<Double>) {
    let texture = mjs_addTexture(pointer, nil)!
    mjs_setName(texture.pointee.element, "sky")
    texture.pointee.type = mjTEXTURE_SKYBOX
    texture.pointee.builtin = mjBUILTIN_GRADIENT
    texture.pointee.rgb1 = (horizon.x, horizon.y, horizon.z)
    texture.pointee.rgb2 = (zenith.x, zenith.y, zenith.z)
    texture.pointee.width = 128
    texture.pointee.height = 128
  }

  /// A checkered floor at height 0 that nothing collides with.
  /// - Parameters:
  ///   - halfSize: metres from its middle to its edge; the camera's horizon lies beyond.
  ///   - square: edge of a square of the pattern, metres.
  public mutating func addFloor(halfSize: Double, square: Double) {
    let texture = mjs_addTexture(pointer, nil)!
    mjs_setName(texture.pointee.element, "floor")
    texture.pointee.type = mjTEXTURE_2D
    texture.pointee.builtin = mjBUILTIN_CHECKER
    texture.pointee.rgb1 = (0.32, 0.38, 0.36)
    texture.pointee.rgb2 = (0.42, 0.48, 0.46)
    texture.pointee.width = 256
    texture.pointee.height = 256
    let material = mjs_addMaterial(pointer, nil)!
    mjs_setName(material.pointee.element, "floor")
    mjs_setInStringVec(material.pointee.textures, Int32(mjTEXROLE_RGB.rawValue), "floor")
    // A texture shows two squares each way.
    let repeats = Float(halfSize / square)
    material.pointee.texrepeat = (repeats, repeats)
    let floor = mjs_addGeom(mjs_findBody(pointer, "world"), nil)!
    mjs_setName(floor.pointee.element, "floor")
    floor.pointee.type = mjGEOM_PLANE
    floor.pointee.size = (halfSize, halfSize, 1)
    floor.pointee.contype = 0
    floor.pointee.conaffinity = 0
    floor.pointee.rgba = (1, 1, 1, 1)  // whatever the file's own geometries are by default
    mjs_setString(floor.pointee.material, "floor")
  }

  /// A sun that shines straight down and goes with a body, whose shadow it throws: shadows are drawn about a light.
  public mutating func addSun(above body: String) throws(MuJoCoError) {
    // In extents of the model. MuJoCo's shadow map of a whole extent is so coarse, and its depths so close to one another, that a floor
    // throws dark streaks upon itself near the horizon.
    pointer.pointee.visual.map.shadowclip = 0.25
    pointer.pointee.visual.map.zfar = 400
    let light = mjs_addLight(try find(body), nil)!
    light.pointee.type = mjLIGHT_DIRECTIONAL
    light.pointee.mode = mjCAMLIGHT_TRACKCOM
    light.pointee.pos = (0, 0, 4)
    light.pointee.dir = (0, 0, -1)
    light.pointee.diffuse = (0.7, 0.7, 0.7)
    light.pointee.specular = (0.1, 0.1, 0.1)
  }

  /// Lets a body move freely; its seven coordinates come where the body stands in the model.
  /// - Throws: ``MuJoCoError/modelNotLoaded(path:reason:)`` where there is no such body.
  public mutating func addFreeJoint(to body: String) throws(MuJoCoError) {
    mjs_addFreeJoint(try find(body))
  }

  /// A camera that keeps its distance to a body's centre of mass and looks along y.
  /// - Parameters:
  ///   - offset: from the body, metres.
  ///   - pitch: upwards, degrees.
  public mutating func addCamera(_ name: String, following body: String, offset: SIMD3<Double>, pitch: Double)
    throws(MuJoCoError)
  {
    let camera = mjs_addCamera(try find(body), nil)!
    mjs_setName(camera.pointee.element, name)
    camera.pointee.mode = mjCAMLIGHT_TRACKCOM
    camera.pointee.pos = (offset.x, offset.y, offset.z)
    // A camera looks along its −z: turned about x by 90° that is +y.
    let angle = (90 + pitch) * Double.pi / 180
    var rotation = (0.0, 0.0, 0.0, 0.0)
    let axis = [1.0, 0, 0]
    withUnsafeMutablePointer(to: &rotation) {
      $0.withMemoryRebound(to: Double.self, capacity: 4) { mju_axisAngle2Quat($0, axis, angle) }
    }
    camera.pointee.quat = rotation
  }

  private func find(_ body: String) throws(MuJoCoError) -> UnsafeMutablePointer<mjsBody> {
    guard let found = mjs_findBody(pointer, body) else {
      throw .modelNotLoaded(path: path, reason: "it has no body '\(body)'")
    }
    return found
  }
}
