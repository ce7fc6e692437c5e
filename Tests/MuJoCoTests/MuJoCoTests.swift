import Foundation
import MuJoCo
import Testing

/// Serialized: one test watches the working directory for MuJoCo's log file.
@Suite(.serialized) struct MuJoCoTests {
  static let ball = """
    <mujoco><worldbody><geom type="plane" size="1 1 1"/><body name="ball" pos="0 0 1"><joint name="up" type="slide" \
    axis="0 0 1"/><geom size=".1" mass="2"/></body></worldbody><actuator><motor name="lift" joint="up" \
    ctrlrange="-3 5" gear="7"/></actuator></mujoco>
    """
  /// Loads, but its memory is too small for a step.
  static let cramped = """
    <mujoco><size memory="1K"/><worldbody><geom type="plane" size="1 1 1"/><body pos="0 0 .1"><freejoint/>\
    <geom type="box" size=".2 .2 .2" mass="1"/></body></worldbody></mujoco>
    """

  @Test func `a model knows its bodies, joints and actuators`() throws {
    try withModel(Self.ball) { path in
      let model = try Model(contentsOf: path)
      #expect(model.bodies.map(\.name) == ["world", "ball"])
      #expect(model.bodies[1].mass == 2)
      let joint = try #require(model.joints.first)
      #expect(joint.name == "up" && joint.kind == .slide && joint.positionIndex == 0 && joint.velocityIndex == 0)
      let motor = try #require(model.actuators.first)
      #expect(motor.name == "lift" && motor.joint == "up" && motor.low == -3 && motor.high == 5 && motor.gear == 7)
      #expect(model.timestep == 0.002)
    }
  }

  @Test func `a falling ball falls as gravity says`() throws {
    try withModel(Self.ball) { path in
      var simulation = try Simulation(Model(contentsOf: path))
      try simulation.forward()
      try simulation.step(10)
      // Semi-implicit Euler from rest: v = −g·n·h.
      let velocity = simulation.read(.velocities) { $0[0] }
      #expect(abs(velocity + 9.81 * 10 * 0.002) < 1e-12)
      try simulation.reset()
      #expect(simulation.read(.velocities) { $0[0] } == 0)
    }
  }

  @Test func `a missing model is one clear line`() {
    #expect(
      message { _ = try Model(contentsOf: "/nowhere/a.xml") } == """
        could not read the model '/nowhere/a.xml': No such file or directory; give the path of an MJCF file
        """)
  }

  @Test func `a truncated model is one clear line with MuJoCo's reason`() throws {
    try withModel("<mujoco><worldbody><body") { path in
      #expect(
        message { _ = try Model(contentsOf: path) } == """
          MuJoCo could not load '\(path)': XML parse error 6: Error=XML_ERROR_PARSING_ELEMENT ErrorID=6 (0x6) Line \
          number=1: XMLElement name=body; is it a complete MJCF model?
          """)
    }
  }

  @Test func `an impossible model gives MuJoCo's reason`() throws {
    try withModel("<mujoco><worldbody><body><joint/></body></worldbody></mujoco>") { path in
      #expect(
        message { _ = try Model(contentsOf: path) } == """
          MuJoCo could not load '\(path)': Error: mass and inertia of moving bodies must be larger than mjMINVAL Element \
          name '', id 1, line 1; is it a complete MJCF model?
          """)
    }
  }

  @Test func `an error inside of a step is thrown and the next simulation works`() throws {
    try withModel(Self.cramped) { path in
      var simulation = try Simulation(Model(contentsOf: path))
      for _ in 0..<3 {  // also after a reset, and again
        let text = message { try simulation.step() }
        #expect(text.hasPrefix("MuJoCo's mj_step failed on the model '\(path)': mj_stackAlloc: out of memory"))
        #expect(text.hasSuffix("; reset the simulation or change the model"))
        #expect(!text.contains("\n"))
        try simulation.reset()
      }
    }
    try withModel(Self.ball) { path in
      var simulation = try Simulation(Model(contentsOf: path))
      try simulation.step()
    }
  }

  @Test func `MuJoCo's own error function becomes a message, on every thread`() async {
    await withTaskGroup(of: String?.self) { group in
      for i in 0..<8 { group.addTask { ErrorGuard.raise("number \(i)") } }
      var messages: Set<String?> = []
      for await message in group { messages.insert(message) }
      #expect(messages == Set((0..<8).map { "number \($0)" }))
    }
  }

  @Test func `a C++ exception inside of MuJoCo's library becomes a message`() {
    #expect(ErrorGuard.passException("no thread") == "no thread")
  }

  @Test func `models with MuJoCo's own plugins load and run`() throws {
    let elastic = """
      <mujoco><extension><plugin plugin="mujoco.elasticity.cable"/></extension><worldbody><composite type="cable" curve="s" count="6 1 1" \
      size="1" initial="none"><plugin plugin="mujoco.elasticity.cable"><config key="twist" value="1e7"/><config key="bend" value="4e6"/>\
      </plugin><joint kind="main" damping="0.015"/><geom type="capsule" size=".02"/></composite></worldbody></mujoco>
      """
    let controlled = """
      <mujoco><extension><plugin plugin="mujoco.pid"/></extension><worldbody><body><joint name="j"/><geom size=".1" pos="0 0 1"/></body>\
      </worldbody><actuator><plugin plugin="mujoco.pid" joint="j" ctrlrange="-1 1"><config key="kp" value="40"/></plugin></actuator></mujoco>
      """
    for text in [elastic, controlled] {
      try withModel(text) { path in
        var simulation = try Simulation(Model(contentsOf: path))
        try simulation.step(10)
        #expect(simulation.read(.positions) { $0.allSatisfy(\.isFinite) })
      }
    }
  }

  @Test func `a model's content has the SHA-256 that the standard gives`() throws {
    // FIPS 180-4's examples, and lengths about a block's.
    #expect(SHA256.hexDigest(of: "") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(SHA256.hexDigest(of: "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      SHA256.hexDigest(of: "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    #expect(
      SHA256.hexDigest(of: String(repeating: "a", count: 1_000_000))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    try withModel(Self.ball) { path in
      let model = try Model(contentsOf: path)
      #expect(try model.contentHash() == Model(contentsOf: path).contentHash())
    }
  }

  @Test func `errors and warnings write no log file`() throws {
    _ = ErrorGuard.raise("logged?")
    try withModel(Self.ball) { path in
      var simulation = try Simulation(Model(contentsOf: path))
      try simulation.setState(positions: [0], velocities: [1e12])
      try simulation.step()
      let divergence = simulation.takeDivergence()
      #expect(divergence?.message.hasPrefix("Nan, Inf or huge value in QVEL at DOF 0.") == true)
      #expect(simulation.takeDivergence() == nil)
    }
    #expect(!FileManager.default.fileExists(atPath: "MUJOCO_LOG.TXT"))
  }

  @Test func `arrays of the wrong length are refused`() throws {
    try withModel(Self.ball) { path in
      var simulation = try Simulation(Model(contentsOf: path))
      let text = message { try simulation.setState(positions: [0, 0], velocities: [0]) }
      #expect(text == "the model takes 1 positions, got 2")
    }
  }

  private func message(_ work: () throws -> Void) -> String {
    do {
      try work()
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  private func withModel(_ text: String, _ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "model-\(UUID().uuidString).xml").path
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }
}
