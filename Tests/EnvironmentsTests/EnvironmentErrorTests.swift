import Environments
import Foundation
import Gym
import MuJoCo
import Testing

@Suite struct EnvironmentErrorTests {
  private func message(_ work: () throws -> Void) -> String {
    do {
      try work()
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  private func message(of id: String, _ parameters: [String: ParameterValue] = [:]) -> String {
    message { _ = try EnvironmentCatalog.make(id, parameters: parameters) }
  }

  @Test func `unknown environments are refused with the nearest name`() {
    #expect(message(of: "Hoper") == "unknown environment 'Hoper'; did you mean 'Hopper'?")
    #expect(message(of: "halfcheetah-v4") == "unknown environment 'halfcheetah-v4'; did you mean 'HalfCheetah-v4'?")
    #expect(message(of: "Ant-v3") == "unknown environment 'Ant-v3'; did you mean 'Ant-v2'?")
    #expect(message(of: "Walker") == "unknown environment 'Walker'; did you mean 'Walker2d'?")
    #expect(
      message(of: "CartPole") == """
        unknown environment 'CartPole'; known are \(EnvironmentCatalog.ids.joined(separator: ", "))
        """)
  }

  @Test func `a name without a version means v2`() throws {
    #expect(try EnvironmentCatalog.id(of: "Ant") == "Ant-v2")
    #expect(try EnvironmentCatalog.make("Humanoid").specification.id == "Humanoid-v2")
    #expect(try EnvironmentCatalog.id(of: "Reacher") == "Reacher-v2")
    #expect(try EnvironmentCatalog.id(of: "Pusher") == "Pusher-v5")
    #expect(try EnvironmentCatalog.id(of: "Pendulum") == "Pendulum-v1")
    #expect(EnvironmentCatalog.ids.count == 35)
    for id in EnvironmentCatalog.ids {
      let limit = ["Reacher": 50, "Pusher": 100, "Pendulum": 200][String(id.prefix { $0 != "-" })] ?? 1000
      #expect(try EnvironmentCatalog.make(id).specification.timeLimit == limit, "\(id)")
    }
  }

  @Test(arguments: ["Pusher-v2", "Pusher-v4"]) func `a Pusher that needs an older MuJoCo is refused with a sentence`(id: String) {
    #expect(message(of: id) == "\(id) is not supported: its rules need a MuJoCo older than 3; use Pusher-v5")
  }

  @Test func `unknown parameters are refused with the nearest name`() {
    #expect(
      message(of: "Ant-v5", ["ctrl_cost_wieght": 1])
        == "unknown parameter 'ctrl_cost_wieght' of Ant-v5; did you mean 'ctrl_cost_weight'?")
    #expect(
      message(of: "Ant-v5", ["use_contact_forces": true])
        == "unknown parameter 'use_contact_forces' of Ant-v5; 'hpo env show Ant-v5' lists them")
  }

  @Test func `parameter values of the wrong kind or range are refused`() {
    #expect(
      message(of: "Ant", ["terminate_when_unhealthy": 2])
        == "parameter 'terminate_when_unhealthy' of Ant-v2 cannot be '2'; it must be true or false")
    #expect(
      message(of: "Ant", ["ctrl_cost_weight": "much"])
        == "parameter 'ctrl_cost_weight' of Ant-v2 cannot be 'much'; it must be a finite number")
    #expect(
      message(of: "Ant", ["reset_noise_scale": -0.1])
        == "parameter 'reset_noise_scale' of Ant-v2 cannot be '-0.1'; it must be a finite number of at least 0")
    #expect(
      message(of: "Ant", ["frame_skip": 1.5])
        == "parameter 'frame_skip' of Ant-v2 cannot be '1.5'; it must be a whole number from 1 to 1000000")
    #expect(
      message(of: "Swimmer-v5", ["frame_skip": "100000000"])
        == "parameter 'frame_skip' of Swimmer-v5 cannot be '100000000'; it must be a whole number from 1 to 1000000")
    #expect(
      message(of: "Ant", ["healthy_z_range": .pair(2, 1)])
        == "parameter 'healthy_z_range' of Ant-v2 cannot be '[2, 1]'; it must be a pair 'low,high' with low ≤ high")
    #expect(
      message(of: "Ant-v5", ["main_body": -1])
        == "parameter 'main_body' of Ant-v5 cannot be '-1'; it must be a body's name or index")
    #expect(
      message(of: "Ant", ["divergence": "ignore"])
        == "parameter 'divergence' of Ant-v2 cannot be 'ignore'; it must be 'continue' or 'throw'")
  }

  @Test func `models that are not there or do not fit are refused`() throws {
    let folder = AssetFolder.path + "/mujoco"
    #expect(
      message(of: "Hopper", ["xml_file": "hoper.xml"]) == """
        there is no model 'hoper.xml' in '\(folder)'; run 'make setup', or begin xml_file with '.', '/' or '~' for a \
        path
        """)
    #expect(
      message(of: "Hopper", ["xml_file": "/nowhere/hopper.xml"]) == """
        could not read the model '/nowhere/hopper.xml': No such file or directory; give the path of an MJCF file
        """)
    #expect(
      message(of: "Ant-v5", ["xml_file": "hopper.xml", "main_body": "body"]) == """
        the model '\(folder)/hopper.xml' does not suit Ant-v5: it has no body 'body'; its bodies are torso, thigh, \
        leg, foot
        """)
    try withTemporaryModel("<mujoco><worldbody><body name='a'><joint/><geom size='1'/></body></worldbody></mujoco>") {
      path in
      #expect(
        message(of: "Ant", ["xml_file": .string(path)]) == "the model '\(path)' does not suit Ant-v2: it has no actuators")
    }
    let text = """
      <mujoco><worldbody><body name='a'><joint name='j'/><geom size='1'/></body></worldbody><actuator><motor joint='j' \
      ctrlrange='-1 1'/></actuator></mujoco>
      """
    try withTemporaryModel(text) { path in
      func refusal(_ id: String) -> String { message(of: id, ["xml_file": .string(path)]) }
      let begins = { (id: String) in "the model '\(path)' does not suit \(id): " }
      #expect(refusal("Hopper") == begins("Hopper-v2") + "it has 1 positions, the rules speak of the first 3")
      #expect(
        refusal("Ant") == begins("Ant-v2") + "it has 2 positions and velocities, the height would be the third")
      #expect(refusal("Swimmer") == begins("Swimmer-v2") + "it has 1 positions, the rules speak of the first 2")
      #expect(refusal("Reacher") == begins("Reacher-v2") + "it has no body 'fingertip'; its bodies are a")
      #expect(refusal("Pusher") == begins("Pusher-v5") + "it has no body 'tips_arm'; its bodies are a")
      #expect(
        refusal("InvertedDoublePendulum") == begins("InvertedDoublePendulum-v2") + "it has no site at the tip of its poles")
      #expect(refusal("HalfCheetah") == "no error")  // Gymnasium runs it
    }
    try withTemporaryModel("<mujoco><worldbody><body name='torso'><freejoint/><geom size='1'/></body></worldbody></mujoco>") {
      path in
      #expect(
        message(of: "Ant", ["xml_file": .string(path)]) == "the model '\(path)' does not suit Ant-v2: it has no actuators")
    }
  }

  @Test(arguments: ["0", "-0.002"]) func `a model whose time does not advance is refused`(timestep: String) throws {
    let text = """
      <mujoco><option timestep='\(timestep)'/><worldbody><body><joint name='j'/><geom size='1'/></body></worldbody><actuator><motor \
      joint='j' ctrlrange='-1 1'/></actuator></mujoco>
      """
    try withTemporaryModel(text) { path in
      for id in ["HalfCheetah", "InvertedPendulum"] {
        let text = message(of: id, ["xml_file": .string(path)])
        #expect(text.hasSuffix("its time step is \(Double(timestep)!) s; <option timestep> must be above 0"), "\(text)")
      }
    }
  }

  @Test func `a motor without a control range can be replayed, and says why agents cannot drive it`() throws {
    let text = """
      <mujoco><worldbody><body><joint name='j'/><geom size='1'/></body></worldbody><actuator><motor name='m' joint='j'/></actuator></mujoco>
      """
    try withTemporaryModel(text) { path in
      let task = try #require(
        try EnvironmentCatalog.make("HalfCheetah", parameters: ["xml_file": .string(path)]) as? any StateSettable)
      try task.setState(qpos: [0], qvel: [0])
      _ = try task.step(controls: [1.0])
      #expect(task.qvel[0] > 0)
      let expected = "the model '\(path)' does not suit HalfCheetah-v2: its actuator 'm' has no control range (ctrlrange)"
      var generator = SystemRandomNumberGenerator()
      #expect(message { try task.reset(using: &generator) } == expected)
      #expect(message { _ = try task.step([Float(1)]) } == expected)
    }
  }

  @Test func `an action of the wrong length is refused`() throws {
    let task = try make("Hopper")
    #expect(message { _ = try task.step([0, 0]) } == "Hopper-v2 takes actions of 3 numbers, got 2")
    #expect(message { _ = try task.step(controls: [Double]()) } == "Hopper-v2 takes actions of 3 numbers, got 0")
    #expect(message { try task.setState(qpos: [0], qvel: [0]) } == "the model takes 6 positions, got 1")
  }

  @Test func `a diverged simulation continues by default and throws on request`() throws {
    let text = "Nan, Inf or huge value in QVEL at DOF 2. The simulation is unstable."
    for setting in ["continue", "throw"] {
      let task = try make("Hopper", ["divergence": .string(setting)])
      var velocities = task.qvel
      velocities[2] = 1e12
      try task.setState(qpos: task.qpos, qvel: velocities)
      if setting == "continue" {
        _ = try task.step([0, 0, 0])
        #expect(task.divergence?.message.hasPrefix(text) == true)
        #expect(task.qpos.allSatisfy { abs($0) < 2 })  // as MuJoCo reset it
        _ = try task.step([0, 0, 0])
        #expect(task.divergence == nil)
        continue
      }
      let error = message { _ = try task.step([0, 0, 0]) }
      #expect(error.hasPrefix("the simulation of Hopper-v2 diverged: \(text)"))
      #expect(error.hasSuffix(" Gymnasium would go on, and so does a run without environment.divergence"))
    }
  }

  @Test func `a step that MuJoCo fails throws until the next reset`() throws {
    // Memory for the ball in the air, but not for its contact with the floor.
    let model = """
      <mujoco><size memory='2K'/><worldbody><geom type='plane' size='1 1 1'/><body pos='0 0 1'><joint name='x' \
      type='slide' axis='1 0 0'/><joint type='slide' axis='0 0 1'/><joint axis='0 1 0'/><geom type='box' size='.2 .2 .2'/></body>\
      </worldbody><actuator><motor joint='x' ctrlrange='-1 1'/></actuator></mujoco>
      """
    try withTemporaryModel(model) { path in
      let task = try make("HalfCheetah", ["xml_file": .string(path), "frame_skip": 20])
      var steps = 0
      let text = message {
        while steps < 100 {
          _ = try task.step([0])
          steps += 1
        }
      }
      #expect(steps > 5 && steps < 100)
      #expect(text.hasPrefix("MuJoCo's mj_step failed on the model '\(path)': "))
      #expect(message { _ = try task.step([0]) } == text)
      try task.setState(qpos: [0, 0, 0], qvel: [0, 0, 0])
      _ = try task.step([0])
    }
  }

  @Test func `a NaN action counts as divergence`() throws {
    let task = try make("Hopper", ["divergence": "throw"])
    #expect(throws: EnvironmentError.self) { try task.step([.nan, 0, 0]) }
  }
}

func withTemporaryModel(_ text: String, _ body: (String) throws -> Void) throws {
  let path = FileManager.default.temporaryDirectory.appending(path: "model-\(UUID().uuidString).xml").path
  try text.write(toFile: path, atomically: true, encoding: .utf8)
  defer { try? FileManager.default.removeItem(atPath: path) }
  try body(path)
}
