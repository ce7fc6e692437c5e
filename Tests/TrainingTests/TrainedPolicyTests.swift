import Agents
import Configuration
import Environments
import Foundation
import Gym
import HDF5
import Interchange
import Random
import Records
import TestSupport
import Testing
import Training

@Suite struct TrainedPolicyTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func directory(_ name: String) -> RunDirectory { RunDirectory(path: "\(folder.path)/\(name)") }

  /// A small run on the point mass, an environment that no catalogue knows.
  @discardableResult
  private func train(
    _ name: String, algorithm: Algorithm = .sacHPO, steps: Int = 160, stopsAt stop: Int? = nil, change: (inout Settings) -> Void = { _ in }
  ) throws -> TrainingRun {
    var settings = Settings.smallTask(algorithm, steps: steps)
    (settings.batchSize, settings.hiddenSize, settings.warmupSteps, settings.updateAfter) = (8, 8, 40, 40)
    (settings.evaluationInterval, settings.evaluationEpisodes, settings.checkpointInterval) = (80, 3, 50)
    change(&settings)
    let run = try TrainingRun(settings, directory: directory(name)) { PointMass() }
    run.stopRequest = { [unowned run] in run.stepsTaken == stop ? .terminate : nil }
    try run.run()
    return run
  }

  @Test func `a policy trained on an environment of one's own acts there, the same each time`() throws {
    try train("run")
    let task = PointMass()
    var generator = SeededGenerator(seed: 3)
    task.reset(using: &generator)
    let policy = try TrainedPolicy(run: directory("run"), environment: task)
    #expect(policy.settings.environment == "PointMass-v0" && policy.observationSize == 4 && policy.actionSize == 2)
    let action = try policy.action(at: task.observation)
    #expect(action.count == 2 && action.allSatisfy { (-1...1).contains($0) })
    #expect(try policy.action(at: task.observation) == action)
    #expect(try policy.action(at: [0.9, -0.9, 0.1, 0]) != action)
    #expect(try policy.exploringAction(at: task.observation, using: &generator) != action)
    // Played by hand, an episode brings what evaluate says it brings.
    let first = try policy.evaluate(in: PointMass(), episodes: 2, seed: 5)
    var starts = SeededGenerator(seed: 5, stream: RandomStream.testing.rawValue)
    let limited = TimeLimit(task)
    try limited.reset(using: &starts)
    policy.beginEpisode(at: task.observation)
    var total = 0.0
    while true {
      let step = try limited.step(try policy.action(at: task.observation))
      total += step.reward
      if step.ending != nil { break }
    }
    #expect(first.returns[0] == total && first.returns.count == 2 && first.environment == "PointMass-v0" && first.costs == nil)
  }

  /// The point mass, keeping where its episodes started.
  private final class Watched: Environment {
    private let task = PointMass()
    private(set) var starts: [[Double]] = []
    var specification: EnvironmentSpecification { task.specification }
    var observation: [Double] { task.observation }
    func reset<Generator: RandomNumberGenerator>(using generator: inout Generator) {
      task.reset(using: &generator)
      starts.append(task.observation)
    }
    func step(_ action: [Float]) throws -> Step { try task.step(action) }
  }

  @Test func `no evaluation of a trained policy repeats an episode that the run itself was judged by`() throws {
    for seed in [0, 7] {
      var environments: [Watched] = []
      var settings = Settings.smallTask(.sac, steps: 60)
      (settings.seed, settings.hiddenSize, settings.evaluationInterval, settings.evaluationEpisodes) = (seed, 8, 20, 4)
      try TrainingRun(settings, directory: directory("seed\(seed)")) {
        environments.append(Watched())
        return environments[environments.count - 1]
      }.run()
      let judged = environments[1].starts
      // Before them, those of the check that a run starts with.
      #expect(judged.count >= 12)
      for other in [0, 7] {
        let task = Watched()
        _ = try TrainedPolicy(run: directory("seed\(seed)")).evaluate(in: task, episodes: 12, seed: other)
        #expect(task.starts.count == 12 && !task.starts.contains { judged.contains($0) })
        #expect(!task.starts.contains { environments[0].starts.contains($0) })
      }
    }
  }

  @Test func `the best networks suffice: a folder that holds best.h5 alone is a run to be used`() throws {
    try train("run")
    let best = try TrainedPolicy(run: directory("run"), networks: .best).evaluate(in: PointMass(), episodes: 2)
    try FileManager.default.createDirectory(atPath: "\(folder.path)/alone", withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: directory("run").best, toPath: directory("alone").best)
    #expect(try TrainedPolicy(run: directory("alone")).evaluate(in: PointMass(), episodes: 2) == best)
    let error = #expect(throws: RunError.self) { try TrainedPolicy(run: directory("none")) }
    #expect(
      error?.description
        == "there is no 'checkpoint.h5' in '\(directory("none").path)'; name the directory of a run that has got that far")
  }

  @Test func `an environment of other sizes is refused with both`() throws {
    try train("run")
    let hopper = try EnvironmentCatalog.make("Hopper")
    let error = #expect(throws: CheckpointError.self) { try TrainedPolicy(run: directory("run")).evaluate(in: hopper) }
    #expect(error?.description.contains("are for 4 observations and 2 actions, Hopper-v2 has 11 and 3") == true)
    #expect(throws: CheckpointError.self) { try TrainedPolicy(run: directory("run"), environment: hopper) }
  }

  @Test func `snapshots keep the networks of their steps, across an interruption too`() throws {
    try train("whole") { $0.snapshotInterval = 60 }
    #expect(throws: RunError.self) { try train("parts", stopsAt: 130) { $0.snapshotInterval = 60 } }
    try train("parts") { $0.snapshotInterval = 60 }
    try train("none")
    #expect(directory("whole").snapshotSteps == [60, 120] && directory("parts").snapshotSteps == [60, 120])
    #expect(directory("none").snapshotSteps == [])
    for step in [60, 120] {
      let policies = try ["whole", "parts"].map { try TrainedPolicy(run: directory($0), networks: .snapshot(step)) }
      #expect(try policies[0].action(at: [0.5, 0, 0, 0]) == policies[1].action(at: [0.5, 0, 0, 0]))
    }
    // What a run stopped at that step is left with.
    #expect(throws: RunError.self) { try train("stopped", stopsAt: 120) { $0.snapshotInterval = 60 } }
    let stopped = try TrainedPolicy(run: directory("stopped")).action(at: [0.5, 0, 0, 0])
    #expect(try TrainedPolicy(run: directory("whole"), networks: .snapshot(120)).action(at: [0.5, 0, 0, 0]) == stopped)
    #expect(try TrainedPolicy(run: directory("whole"), networks: .snapshot(60)).action(at: [0.5, 0, 0, 0]) != stopped)
    let error = #expect(throws: RunError.self) { try TrainedPolicy(run: directory("whole"), networks: .snapshot(61)) }
    #expect(error?.description == "there is no snapshot of step 61 in '\(directory("whole").path)'; there are 60, 120")
    let none = #expect(throws: RunError.self) { try TrainedPolicy(run: directory("none"), networks: .snapshot(60)) }
    #expect(none?.description.hasSuffix("; the run keeps none (snapshot_interval)") == true)
    // Started over, a run has none of the old ones.
    try TrainingRun(Settings.smallTask(.sac, steps: 1), directory: directory("whole"), startsOver: true) { PointMass() }.run()
    #expect(directory("whole").snapshotSteps == [])
  }

  @Test func `a stopped run says that it has ended, a finished one has nothing left to do`() throws {
    var settings = Settings.smallTask(.sac, steps: 60)
    settings.hiddenSize = 8
    let run = try TrainingRun(settings, directory: directory("run")) { PointMass() }
    run.stopRequest = { [unowned run] in run.stepsTaken == 30 ? .terminate : nil }
    #expect(throws: RunError.interrupted(signal: .terminate, step: 30, path: directory("run").path)) { try run.run() }
    let error = #expect(throws: RunError.self) { try run.run() }
    #expect(
      error?.description
        == "this run was stopped at step 30 and has closed its files; make another of the same settings, which goes on from "
        + "'\(directory("run").path)'")
  }

  @Test func `a finished run can be run again, to no effect`() throws {
    let run = try train("run")
    try run.run()
    #expect(run.stepsTaken == 160)
  }

  @Test func `a run that will end without an update says so when it starts`() throws {
    var said: [String] = []
    var settings = Settings.smallTask(.sac, steps: 100)
    (settings.updateAfter, settings.hiddenSize) = (101, 8)
    _ = try TrainingRun(settings, directory: directory("never"), warn: { said.append($0) }) { PointMass() }
    #expect(said == ["update_after 101 is more than the 100 steps: the run ends without one update"])
    said = []
    settings.updateAfter = 100
    _ = try TrainingRun(settings, directory: directory("once"), warn: { said.append($0) }) { PointMass() }
    #expect(said == [])
  }

  @Test func `updates_per_step is how many updates a step brings, and update_after may exceed what memory holds`() throws {
    for updates in [1, 3] {
      try train("run\(updates)") { ($0.updatesPerStep, $0.replayCapacity, $0.updateAfter) = (updates, 30, 50) }
      let optimizers = try HDF5File.open(at: directory("run\(updates)").checkpoint).group("optimizers/policy")
      let count: Int = try optimizers.attribute("steps")
      #expect(count == updates * 111)
    }
  }

  @Test func `recorded states are the simulator's before each step, across an interruption too`() throws {
    let entries = [
      "algorithm=sac", "steps=90", "batch_size=8", "hidden_size=8", "warmup_steps=60", "update_after=40", "evaluation_interval=90",
      "evaluation_episodes=1", "checkpoint_interval=40", "record_state=true", "replay_capacity=35",
    ]
    let settings = try Settings(entries, environment: "Hopper-v4")
    func train(_ name: String, stopsAt stop: Int? = nil) throws {
      let run = try TrainingRun(settings, directory: directory(name)) { try EnvironmentCatalog.make("Hopper-v4") }
      run.stopRequest = { [unowned run] in run.stepsTaken == stop ? .terminate : nil }
      try run.run()
    }
    try train("whole")
    #expect(throws: RunError.self) { try train("parts", stopsAt: 71) }
    try train("parts")
    #expect(try runContents(of: directory("whole").path) == runContents(of: directory("parts").path))
    let replay = try HDF5File.open(at: directory("whole").replay)
    let qpos: [Double] = try replay.read("infos/qpos", shape: [90, 6]), qvel: [Double] = try replay.read("infos/qvel", shape: [90, 6])
    let observations: [Float] = try replay.read("observations", shape: [90, 11])
    for row in 0..<90 {
      // Hopper observes all but x, and speeds up to 10.
      for index in 0..<5 { #expect(observations[11 * row + index] == Float(qpos[6 * row + 1 + index])) }
      for index in 0..<6 { #expect(observations[11 * row + 5 + index] == Float(min(max(qvel[6 * row + index], -10), 10))) }
    }
    let error = #expect(throws: SettingsError.self) {
      try self.train("mass") { $0.recordState = true }
    }
    #expect(error?.description == "record_state needs a simulator whose state can be told; PointMass-v0 has none")
  }

  @Test(arguments: ["Hopper", "Ant-v5", "Flagrun"]) func `recorded episodes, replayed, give the same numbers bit for bit`(_ name: String) throws {
    let settings = try Settings(
      ["algorithm=sac-hpo", "steps=1", "hidden_size=8", "evaluation_episodes=1"], environment: name)
    let run = directory("run")
    try TrainingRun(settings, directory: run) { try EnvironmentCatalog.make(settings.environment) }.run()
    let policy = try TrainedPolicy(run: run)
    let (recorded, replayed) = ("\(folder.path)/recorded.h5", "\(folder.path)/replayed.h5")
    let task = try EnvironmentCatalog.make(name)
    let result = try TrajectoryRecorder.record(task, to: recorded) {
      try policy.evaluate(in: task, episodes: 3, seed: 1, isExploring: true, observer: $0)
    }
    #expect(result == (try policy.evaluate(in: try EnvironmentCatalog.make(name), episodes: 3, seed: 1, isExploring: true)))
    let episodes = try Rollout.run(try EnvironmentCatalog.make(name), input: recorded, output: replayed)
    #expect(episodes.map(\.steps) == result.lengths)
    let (input, output) = (try HDF5File.open(at: recorded), try HDF5File.open(at: replayed))
    #expect(try input.childNames.sorted() == ["episode_0", "episode_1", "episode_2"])
    for episode in 0..<3 {
      for quantity in ["observations", "rewards", "terminated"] {
        let before: [Double] = try input.read("episode_\(episode)/\(quantity)")
        let after: [Double] = try output.read("episode_\(episode)/\(quantity)")
        #expect(before.map(\.bitPattern) == after.map(\.bitPattern), "\(quantity) of episode \(episode)")
      }
      let rewards: [Double] = try input.read("episode_\(episode)/rewards")
      #expect(rewards.reduce(0, +) == result.returns[episode])
    }
    let error = #expect(throws: RolloutError.self) {
      try TrajectoryRecorder.record(PointMass(), to: "\(folder.path)/none.h5") { _ in }
    }
    #expect(error == .notReplayable(environment: "PointMass-v0"))
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/none.h5"))
  }

  @Test func `a model whose content has changed ends a run's going on, and a policy knows the one it was trained with`() throws {
    let model = "\(folder.path)/my.xml"
    let text = try String(contentsOfFile: "\(AssetFolder.path)/mujoco/hopper.xml", encoding: .utf8)
    try text.write(toFile: model, atomically: true, encoding: .utf8)
    let settings = try Settings(
      ["algorithm=sac", "steps=40", "hidden_size=8", "evaluation_episodes=1", "environment.xml_file=\(model)"], environment: "Hopper-v5")
    func train(stopsAt stop: Int?) throws {
      let run = try TrainingRun(settings, directory: directory("run")) {
        try EnvironmentCatalog.make(settings.environment, parameters: settings.environmentParameters)
      }
      run.stopRequest = { [unowned run] in run.stepsTaken == stop ? .terminate : nil }
      try run.run()
    }
    #expect(throws: RunError.interrupted(signal: .terminate, step: 20, path: directory("run").path)) { try train(stopsAt: 20) }
    let trained = try TrainedPolicy(run: directory("run")).modelHash
    #expect(trained == (try EnvironmentCatalog.make("Hopper-v5").specification.modelHash?.value()) && trained != nil)
    let changed = text.replacing("gear=\"200.0\"", with: "gear=\"150.0\"")
    try #require(changed != text)
    try changed.write(toFile: model, atomically: true, encoding: .utf8)
    let error = #expect(throws: RunError.self) { try train(stopsAt: nil) }
    #expect(error == .modelChanged(path: directory("run").path, environment: "Hopper-v5"))
    try text.write(toFile: model, atomically: true, encoding: .utf8)
    try train(stopsAt: nil)
    #expect(try TrainedPolicy(run: directory("run"), networks: .best).modelHash == trained)
  }
}
