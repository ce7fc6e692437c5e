import Bullet
import Gym
import MuJoCo

/// Bullet's humanoid as MuJoCo draws it: the build of Bullet that the tasks use has no renderer. The model file is MuJoCo's format,
/// with everything left out that only an eye needs.
struct VisualHumanoid {
  let model: Model
  /// Which joint of Bullet's each position after the torso's seven is of.
  private let joints: [Bullet.Joint]

  /// - Parameters:
  ///   - joints: those that move.
  ///   - isWide: the usual camera stands back, for a flag to be in the picture, and there is a close one.
  init(path: String, joints: [Bullet.Joint], environment: String, isWide: Bool) throws {
    var specification = try ModelSpecification(contentsOf: path)
    specification.addMaterial("geom")
    specification.addSky(horizon: [0.75, 0.82, 0.9], zenith: [0.3, 0.45, 0.65])
    specification.addFloor(halfSize: 60, square: 1)
    // Straight down: shadows of a low sun fall into stripes.
    try specification.addSun(above: "torso")
    try specification.addFreeJoint(to: "torso")
    if isWide { try specification.addCamera("track", following: "torso", offset: [0, -9, 3.5], pitch: -25) }
    try specification.addCamera(isWide ? "close" : "track", following: "torso", offset: [0, -4, 0.2], pitch: -10)
    let model = try specification.compile()
    self.model = model
    self.joints = try model.joints.dropFirst().map { joint in
      guard let bullets = joints.first(where: { $0.name == joint.name }), bullets.positionIndex != nil else {
        throw BulletTaskError.modelDoesNotFit(path: path, environment: environment, missing: "moving joint '\(joint.name)'")
      }
      return bullets
    }
  }

  func pose(_ humanoid: BodyState, flag: SIMD3<Double>?, cube: BodyState?) -> Pose {
    let (position, orientation) = humanoid.baseFrame
    let base = [position.x, position.y, position.z, orientation.w, orientation.x, orientation.y, orientation.z]
    var pose = Pose(positions: base + joints.map { humanoid.positions[$0.positionIndex!] })
    // Sizes and colors of Bullet's sphere2red_nocol.urdf and cube_small.urdf; the cube, white there, shows better in another.
    if let flag { pose.markers.append(.init(.sphere(radius: 0.5), at: flag, color: [1, 0.2, 0.2, 1])) }
    if let cube {
      pose.markers.append(
        .init(
          .box(halfSize: [0.025, 0.025, 0.025]), at: cube.basePosition, orientation: cube.baseOrientation,
          color: [0.1, 0.3, 0.9, 1]))
    }
    return pose
  }
}

extension RoboschoolHumanoid: PosedEnvironment {
  public func visualModel() throws -> Model { try visual().model }

  public func pose() throws -> Pose { try stage.pose(as: try visual()) }

  /// Where Bullet has the links' frames, by name, metres: for tests of the pose, as it disturbs the simulation.
  package func linkFramePositions() throws -> [(name: String, position: SIMD3<Double>)] { try stage.linkFramePositions() }

  private func visual() throws -> VisualHumanoid {
    if let made = madeVisual { return made }
    let visual = try VisualHumanoid(path: robotPath, joints: stage.joints, environment: specification.id, isWide: variant.chasesFlag)
    madeVisual = visual
    return visual
  }
}
