import Bullet
import Environments
import Foundation
import Testing

@Suite struct BulletErrorTests {
  @Test func `a library that was not built is told with the command that builds it`() {
    let error = #expect(throws: BulletError.self) { try Library.verify("/nowhere/libhpobullet.so") }
    #expect(
      error?.description == """
        Bullet is not built: there is no '/nowhere/libhpobullet.so'; run 'make setup-bullet', or name the library in \
        HPO_BULLET_LIBRARY
        """)
  }

  @Test func `a file that is no library is told in one line`() throws {
    let path = try temporaryFile(named: "libhpobullet.so", "not a library")
    let error = #expect(throws: BulletError.self) { try Library.verify(path) }
    #expect(
      error?.description
        == "could not load Bullet from '\(path)': \(path): file too short; run 'make setup-bullet' to build it again")
  }
}

@Suite(.enabled(if: bulletIsBuilt, "Bullet is not built; 'make setup-bullet' builds it"))
struct WorldTests {
  private let settings = World.Settings(
    gravity: -9.8, timeStep: 0.01, subSteps: 1, solverIterations: 5, contactERP: 0.9)

  @Test func `a missing model is told with the system's reason`() throws {
    var world = try World()
    let error = try modelError { try world.loadRobot("/nowhere/robot.xml") }
    #expect(
      error.description == """
        could not read the model '/nowhere/robot.xml': No such file or directory; 'make setup-bullet' puts \
        Bullet's models in Assets/bullet
        """)
  }

  @Test(arguments: ["<mujoco model=\"humanoid\"><worldbody><body name=\"torso\"", "", "hello"])
  func `a broken robot is told in one line`(content: String) throws {
    let path = try temporaryFile(named: "robot.xml", content)
    var world = try World()
    let error = try modelError { try world.loadRobot(path) }
    #expect(error.description.hasPrefix("Bullet could not load '\(path)': "))
    #expect(!error.description.contains("\n"))
  }

  @Test func `a robot without bodies is refused`() throws {
    let path = try temporaryFile(named: "robot.xml", "<mujoco model=\"nothing\"><worldbody></worldbody></mujoco>")
    var world = try World()
    let error = try modelError { try world.loadRobot(path) }
    #expect(error.description.hasPrefix("Bullet could not load '\(path)': "))
  }

  @Test func `a robot that the task's rules do not fit is refused`() throws {
    let folder = URL(filePath: try temporaryFile(named: "unused", "")).deletingLastPathComponent()
    try FileManager.default.createDirectory(at: folder.appending(path: "mjcf"), withIntermediateDirectories: true)
    for file in ["plane_stadium.sdf", "plane100.obj"] {
      try FileManager.default.copyItem(
        atPath: RoboschoolHumanoid.defaultModels + "/" + file, toPath: folder.appending(path: file).path)
    }
    let path = folder.path + "/mjcf/humanoid_symmetric.xml"
    try #"<mujoco><worldbody><body name="ball"><geom size="0.1" type="sphere"/></body></worldbody></mujoco>"#
      .write(toFile: path, atomically: true, encoding: .utf8)
    let error = #expect(throws: BulletTaskError.self) { try RoboschoolHumanoid(.walk, models: folder.path) }
    #expect(
      error?.description
        == "the model '\(path)' does not suit HumanoidPyBulletEnv-v0: it has no 17 joints, but 0")
  }

  @Test func `links that a body has in another world only are no positions but an error`() throws {
    var other = try World()
    let robot = try other.loadRobot(RoboschoolHumanoid.defaultModels + "/mjcf/humanoid_symmetric.xml")[0]
    var world = try World()
    let cube = try world.loadObject(RoboschoolHumanoid.defaultModels + "/cube_small.urdf", at: [0, 0, 1])
    #expect(robot.id == cube.id && cube.joints.isEmpty)
    var state = BodyState()
    do {
      try world.read(robot, into: &state)
      Issue.record("read \(state.linkPositions.count) links that are not there")
    } catch {
      #expect(
        error.description == """
          Bullet could not read the link '\(robot.joints[0].linkName)' of '\(robot.baseName)': body \(robot.id) of this world has \
          no link 0; reset the world
          """)
    }
  }

  @Test func `what is dropped falls by gravity until the floor holds it`() throws {
    var world = try World()
    try world.apply(settings)
    let floor = try world.loadScene(RoboschoolHumanoid.defaultModels + "/plane_stadium.sdf")
    let cube = try world.loadObject(RoboschoolHumanoid.defaultModels + "/cube_small.urdf", at: [0, 0, 1])
    var state = BodyState()
    for _ in 0..<10 { try world.step() }
    try world.read(cube, into: &state)
    // Semi-implicit Euler: 1 − g h² Σ k for k = 1…10, less Bullet's damping of 4% per second.
    #expect(abs(state.basePosition.z - (1 - 9.8 * 1e-4 * 55)) < 2e-4)
    #expect(try !world.touches(cube, link: -1, baseOf: floor[0]))
    for _ in 0..<200 { try world.step() }
    try world.read(cube, into: &state)
    #expect(state.basePosition.z > 0 && state.basePosition.z < 0.06)
    #expect(try world.touches(cube, link: -1, baseOf: floor[0]))
  }
}

@Suite(.enabled(if: bulletIsBuilt, "Bullet is not built; 'make setup-bullet' builds it"))
struct RoboschoolRuleTests {
  @Test func `the reward takes the action as it is, the motors take it clipped`() throws {
    let mild = try RoboschoolHumanoid(.walk)
    let wild = try RoboschoolHumanoid(.walk)
    _ = try mild.step(controls: Array(repeating: 1, count: 17))
    _ = try wild.step(controls: Array(repeating: 3, count: 17))
    #expect(mild.observation == wild.observation)
    // Turning costs grow threefold, standing costs ninefold.
    let standing = 0.425
    let turning = -mild.rewardTerms.electricity - standing
    #expect(abs(wild.rewardTerms.electricity + 3 * turning + 9 * standing) < 1e-12)
  }

  @Test func `an action of the wrong length or that is no number is refused`() throws {
    let task = try RoboschoolHumanoid(.walk)
    let short = #expect(throws: BulletTaskError.self) { try task.step(controls: [0]) }
    #expect(short?.description == "HumanoidPyBulletEnv-v0 takes actions of 17 numbers, got 1")
    let none = #expect(throws: BulletTaskError.self) {
      try task.step(controls: Array(repeating: 0, count: 16) + [.nan])
    }
    #expect(none?.description == "HumanoidPyBulletEnv-v0 takes finite actions, got nan at index 16")
  }

  @Test(arguments: RoboschoolHumanoid.Variant.allCases)
  func `the summary names every number of observation and action`(variant: RoboschoolHumanoid.Variant) throws {
    let summary = try RoboschoolHumanoid(variant).summary
    #expect(summary.observation.flatMap(\.elements).count == 44)
    #expect(summary.observation.last?.range.upperBound == 44)
    #expect(summary.action.count == 17)
  }
}

/// The error of `body`; world is not copyable, so `#expect(throws:)` cannot capture it.
private func modelError(_ body: () throws -> [Body]) throws -> BulletError {
  do {
    let bodies = try body()
    Issue.record("loaded \(bodies.count) bodies")
    return .callFailed(call: "fail", reason: "it loaded")
  } catch let error as BulletError {
    return error
  }
}

private func temporaryFile(named name: String, _ content: String) throws -> String {
  let folder = FileManager.default.temporaryDirectory.appending(path: "hpo-bullet-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  try content.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
  return folder.appending(path: name).path
}
