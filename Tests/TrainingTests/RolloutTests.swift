import Benchmarks
import Environments
import Foundation
import HDF5
import Interchange
import Testing
import Training

@Suite struct RolloutTests {
  @Test func `episodes come out in numeric order, in the precision they came in, up to the first termination`() throws {
    try withFolder { folder in
      let task = try #require(try EnvironmentCatalog.make("Hopper") as? any MuJoCoTask)
      let (qpos, qvel) = (task.qpos, task.qvel)
      let actions = (0..<200 * 3).map { 1.1 * sin(Double($0)) }
      try write(to: folder + "/in.h5") { file in
        for number in [10, 2, 0] {
          let group = try file.createGroup("episode_\(number)")
          try group.write("qpos0", qpos)
          try group.write("qvel0", qvel)
          if number == 2 {
            try group.write("actions", actions.map { Float($0) }, shape: [200, 3])
          } else {
            try group.write("actions", actions, shape: [200, 3])
          }
        }
        try file.createGroup("notes")
      }
      let episodes = try Rollout.run(try EnvironmentCatalog.make("Hopper"), input: folder + "/in.h5", output: folder + "/out.h5")
      #expect(episodes.map(\.number) == [0, 2, 10])
      #expect(episodes.allSatisfy { $0.terminated && $0.steps < 200 })
      #expect(episodes[0].totalReward == episodes[2].totalReward)
      #expect(episodes[0].totalReward != episodes[1].totalReward)  // Float's rounding of the actions shows

      try task.setState(qpos: qpos, qvel: qvel)
      let first = task.observation
      let result = try task.step(controls: actions[0..<3].map { Float($0) })
      let group = try HDF5File.open(at: folder + "/out.h5").group("episode_2")
      let steps = episodes[1].steps
      #expect(try group.dataset("observations").shape == [steps + 1, 11])
      let observations: [Double] = try group.read("observations")
      #expect(Array(observations[0..<11]) == first)
      #expect(Array(observations[11..<22]) == task.observation)
      #expect(try group.dataset("qpos").shape == [steps + 1, 6])
      #expect(try group.dataset("qvel").shape == [steps + 1, 6])
      let rewards: [Double] = try group.read("rewards", shape: [steps])
      #expect(rewards[0] == result.reward)
      let terminated: [Double] = try group.read("terminated", shape: [steps])
      #expect(terminated.dropLast().allSatisfy { $0 == 0 } && terminated.last == 1)
    }
  }

  @Test func `what is wrong with the input is one clear line`() throws {
    try withFolder { folder in
      let path = folder + "/in.h5"
      func message() -> String {
        do {
          try Rollout.run(try EnvironmentCatalog.make("Hopper"), input: path, output: folder + "/out.h5")
          return "no error"
        } catch {
          return "\(error)"
        }
      }
      try write(to: path) { try $0.createGroup("episode_x") }
      #expect(
        message() == """
          '\(path)' has no groups 'episode_0', 'episode_1', …; each holds actions, qpos0 and qvel0
          """)
      try write(to: path) { file in
        let group = try file.createGroup("episode_0")
        try group.write("qpos0", [Double](repeating: 0, count: 6))
        try group.write("qvel0", [Double](repeating: 0, count: 6))
        try group.write("actions", [Int32](repeating: 0, count: 6), shape: [2, 3])
      }
      #expect(
        message() == """
          '/episode_0/actions' in '\(path)' holds 32-bit integers; actions are 32-bit or 64-bit floating-point numbers
          """)
      try write(to: path) { file in
        let group = try file.createGroup("episode_0")
        try group.write("qpos0", [Double](repeating: 0, count: 5))
        try group.write("qvel0", [Double](repeating: 0, count: 6))
        try group.write("actions", [Float](repeating: 0, count: 6), shape: [2, 3])
      }
      #expect(message().contains("/episode_0/qpos0"))
      #expect(!message().contains("\n"))
      #expect(!FileManager.default.fileExists(atPath: folder + "/out.h5"))
    }
  }

  @Test func `the speed of a task is measured beside MuJoCo alone`() throws {
    let row = try EnvironmentBenchmark.measure(try EnvironmentCatalog.make("Hopper"), steps: 20, repetitions: 3)
    #expect(row.environment == "Hopper-v2")
    #expect(row.stepsPerSecond > 0)
    #expect(try #require(row.bareStepsPerSecond) > 0)
    #expect(try #require(row.fraction) > 0.3)  // how near to 1 is for `hpo bench environments` on a quiet machine
  }

  @Test(.enabled(if: RoboschoolHumanoid.isAvailable, "Bullet is not built; 'make setup-bullet' builds it"))
  func `the speed of a Bullet task is measured alone, its resets included`() throws {
    let row = try EnvironmentBenchmark.measure(try EnvironmentCatalog.make("FlagrunHarder"), steps: 20, repetitions: 3)
    #expect(row.environment == "HumanoidFlagrunHarderPyBulletEnv-v0")
    #expect(row.stepsPerSecond > 0)
    #expect(row.bareStepsPerSecond == nil && row.fraction == nil)
  }

  private func write(to path: String, _ body: (HDF5File) throws -> Void) throws {
    let file = try HDF5File.create(at: path)
    try body(file)
    try file.close()
  }

  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "rollout-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }
}
