import Agents
import Configuration
import Environments
import Foundation
import HDF5
import Records
import TestSupport
import Testing
import Training

@Suite struct TrainingRunTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A small run on the point mass.
  private func settings(_ algorithm: Algorithm = .sacHPO, steps: Int = 260, change: (inout Settings) throws -> Void = { _ in })
    rethrows -> Settings
  {
    var settings = Settings(environment: "PointMass-v0", algorithm: algorithm)
    settings.steps = steps
    settings.batchSize = 16
    settings.hiddenSize = 16
    settings.warmupSteps = 60
    settings.updateAfter = 40
    settings.evaluationInterval = 100
    settings.evaluationEpisodes = 3
    settings.checkpointInterval = 50
    settings.loggingInterval = 30
    settings.threads = 1
    try change(&settings)
    return settings
  }

  private func directory(_ name: String) -> RunDirectory { RunDirectory(path: "\(folder.path)/\(name)") }

  @discardableResult
  private func train(
    _ settings: Settings, in name: String, startsOver: Bool = false, failsAtStep: Int? = nil, stopsAt: Set<Int> = []
  ) throws -> TrainingRun {
    var environments = 0
    let run = try TrainingRun(settings, directory: directory(name), startsOver: startsOver) {
      environments += 1
      // The first is the training environment; the other is for evaluation.
      return PointMass(failsAtStep: environments == 1 ? failsAtStep : nil)
    }
    run.stopRequest = { [unowned run] in stopsAt.contains(run.stepsTaken) ? .terminate : nil }
    try run.run()
    return run
  }

  private func contents(_ name: String) throws -> [String: [String]] { try runContents(of: directory(name).path) }

  @Test func `the same seed gives the same curve, bit for bit, and another seed another`() throws {
    try train(settings(), in: "one")
    try train(settings(), in: "two")
    try train(settings { $0.seed = 1 }, in: "other")
    try train(settings { $0.threads = 2 }, in: "threads")
    let one = try contents("one")
    #expect(try contents("two") == one)
    #expect(try contents("threads") == one)
    #expect(try contents("other")["curve.h5:/evaluation/returns"] != one["curve.h5:/evaluation/returns"])
  }

  @Test(arguments: [Algorithm.sacHPO, .sac, .baseline1, .baseline2, .baseline3, .sacHPOZeroMomentum])
  func `a run that was stopped and crashed many times ends as the uninterrupted run`(_ algorithm: Algorithm) throws {
    try train(settings(algorithm), in: "whole")
    // Stops save at once; crashes fall back to the last checkpoint, at a multiple of 50.
    for (stop, crash) in [(Int?.some(37), Int?.none), (nil, 20), (121, nil), (nil, 90), (nil, 3), (239, nil)] {
      do {
        try train(settings(algorithm), in: "parts", failsAtStep: crash, stopsAt: stop.map { [$0] } ?? [])
        Issue.record("the run was to be interrupted at \(stop ?? -1) or after \(crash ?? -1) steps")
      } catch is PointMass.Failure {
        #expect(crash != nil)
      } catch RunError.interrupted(_, let step, _) {
        #expect(step == stop)
      }
    }
    try train(settings(algorithm), in: "parts")
    let (whole, parts) = (try contents("whole"), try contents("parts"))
    #expect(whole.keys.sorted() == parts.keys.sorted())
    for key in whole.keys.sorted() { #expect(whole[key] == parts[key], "\(key) differs") }
  }

  @Test func `the files hold what the documentation says they hold`() throws {
    try train(settings(), in: "run")
    let directory = directory("run")
    let curve = try HDF5File.open(at: directory.curve)
    let steps: [Int] = try curve.read("evaluation/step")
    #expect(steps == [100, 200, 260])
    #expect(try curve.dataset("evaluation/returns").shape == [3, 3])
    let updates: [Int] = try curve.read("update/step")
    #expect(updates == [30, 60, 90, 120, 150, 180, 210, 240, 260])
    for name in ["critic_loss", "policy_loss", "alpha", "log_prob", "q_mean", "momentum_norm", "gate_mean", "steps_per_second"] {
      #expect(try curve.dataset("update/\(name)").rowCount == 9)
    }
    let lengths: [Double] = try curve.read("episode/length")
    let ends: [Int] = try curve.read("episode/step")
    #expect(ends.first == Int(lengths[0]) && zip(ends.dropFirst(), ends).map(-) == lengths.dropFirst().map { Int($0) })

    let replay = try HDF5File.open(at: directory.replay)
    #expect(try replay.dataset("observations").shape == [260, 4])
    #expect(try replay.dataset("actions").shape == [260, 2])
    let terminals: [Bool] = try replay.read("terminals"), timeouts: [Bool] = try replay.read("timeouts")
    #expect(zip(terminals, timeouts).allSatisfy { !($0 && $1) } && timeouts.contains(true))
    let observations: [Float] = try replay.read("observations"), next: [Float] = try replay.read("next_observations")
    for row in 0..<259 where !terminals[row] && !timeouts[row] {
      #expect(next[row * 4..<row * 4 + 4] == observations[row * 4 + 4..<row * 4 + 8])
    }
    #expect(try String(contentsOfFile: directory.config, encoding: .utf8) == settings().yaml)
  }

  @Test func `a finished run is left unchanged, and more steps go on from it`() throws {
    try train(settings(), in: "run")
    let curve = URL(fileURLWithPath: directory("run").curve)
    let before = try Data(contentsOf: curve)
    #expect(try TrainingRun.isFinished(settings(), in: directory("run")))
    #expect(try Data(contentsOf: curve) == before)
    #expect(try !TrainingRun.isFinished(settings(steps: 300), in: directory("run")))
    try train(settings(steps: 300), in: "run")
    #expect(try HDF5File.open(at: directory("run").replay).dataset("rewards").rowCount == 300)
  }

  @Test func `a changed setting is refused with the difference shown, and starting over is possible`() throws {
    try train(settings(), in: "run")
    let error = #expect(throws: RunError.self) { try train(settings { $0.alpha = 0.5 }, in: "run") }
    #expect(error?.description.contains("alpha: 0.2 there, 0.5 now") == true)
    let fewer = #expect(throws: RunError.self) { try train(settings(steps: 100), in: "run") }
    #expect(fewer?.description.contains("has taken 260 steps, more than the 100 asked for") == true)
    try train(settings { $0.alpha = 0.5 }, in: "run", startsOver: true)
  }

  @Test func `a damaged checkpoint is one clear error and nothing is changed`() throws {
    try train(settings(), in: "run")
    let path = directory("run").checkpoint
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    for damaged in [Data(), whole.prefix(whole.count / 2), Data("not a checkpoint".utf8)] {
      try damaged.write(to: URL(fileURLWithPath: path))
      let error = #expect(throws: HDF5Error.self) { try train(settings(steps: 300), in: "run") }
      #expect(error?.description.contains("checkpoint.h5") == true)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == damaged)
    }
  }

  @Test func `a directory with steps but no checkpoint is refused, not overwritten`() throws {
    try train(settings(), in: "run")
    try FileManager.default.removeItem(atPath: directory("run").checkpoint)
    let replay = try Data(contentsOf: URL(fileURLWithPath: directory("run").replay))
    let error = #expect(throws: RunError.self) { try train(settings(), in: "run") }
    #expect(error?.description.contains("holds steps of a run but no checkpoint.h5") == true)
    #expect(try Data(contentsOf: URL(fileURLWithPath: directory("run").replay)) == replay)
    try train(settings(), in: "run", startsOver: true)
  }

  @Test func `a memory smaller than the run and than the checkpoint's interval goes on exactly as well`() throws {
    func small(_ settings: inout Settings) {
      settings.replayCapacity = 43
      settings.temperature = .auto
      settings.boundary = .reflect
    }
    try train(settings(change: small), in: "whole")
    for stop in [130, 211] { #expect(throws: RunError.self) { try train(settings(change: small), in: "parts", stopsAt: [stop]) } }
    try train(settings(change: small), in: "parts")
    let (whole, parts) = (try contents("whole"), try contents("parts"))
    for key in whole.keys.sorted() { #expect(whole[key] == parts[key], "\(key) differs") }
  }

  @Test func `the interval of evaluations changes nothing but the evaluations`() throws {
    try train(settings(), in: "often")
    try train(settings { $0.evaluationInterval = 1000 }, in: "seldom")
    let (often, seldom) = (try contents("often"), try contents("seldom"))
    for key in often.keys where key.hasPrefix("replay.h5") || key.contains("/networks/") && key.hasPrefix("checkpoint") {
      #expect(often[key] == seldom[key], "\(key) differs")
    }
  }

  @Test func `a second process on the same run directory is refused, and the first is named`() throws {
    let first = try TrainingRun(settings(), directory: directory("run")) { PointMass() }
    let error = #expect(throws: RunError.self) { try train(settings(), in: "run") }
    #expect(error?.description.contains("process \(ProcessInfo.processInfo.processIdentifier)") == true)
    try withExtendedLifetime(first) { try first.run() }
  }

  @Test func `a request for a checkpoint is met at once and changes nothing else`() throws {
    try train(settings(), in: "whole")
    let run = try TrainingRun(settings { $0.checkpointInterval = 1000 }, directory: directory("asked")) { PointMass() }
    run.checkpointRequest = { [unowned run] in run.stepsTaken == 77 }
    run.stopRequest = { [unowned run] in
      guard run.stepsTaken == 78 else { return nil }
      let rows: Int? = try? HDF5File.open(at: self.directory("asked").checkpoint).group("rows").attribute("replay")
      #expect(rows == 77)
      return nil
    }
    try run.run()
    #expect(try contents("asked")["replay.h5:/actions"] == contents("whole")["replay.h5:/actions"])
  }

  @Test(arguments: [(Algorithm.sacNF, "Hopper"), (.sacLagrangian, "HalfCheetah"), (.safeSACHPO, "Ant")])
  func `flows and safe agents, on their own tasks, go on exactly as well`(_ example: (Algorithm, String)) throws {
    let (algorithm, name) = example
    let entries = [
      "algorithm=\(algorithm.name)", "steps=160", "batch_size=8", "hidden_size=16", "warmup_steps=60", "update_after=40",
      "evaluation_interval=100", "evaluation_episodes=1", "checkpoint_interval=50", "logging_interval=30", "threads=1",
    ]
    let settings = try Settings(entries, environment: name)
    func train(in folder: String, stopsAt stop: Int?) throws {
      let run = try TrainingRun(settings, directory: directory(folder)) { try EnvironmentCatalog.make(settings.environment) }
      run.stopRequest = { [unowned run] in run.stepsTaken == stop ? .terminate : nil }
      try run.run()
    }
    try train(in: "whole", stopsAt: nil)
    for stop in [71, 130] { #expect(throws: RunError.self) { try train(in: "parts", stopsAt: stop) } }
    try train(in: "parts", stopsAt: nil)
    let (whole, parts) = (try contents("whole"), try contents("parts"))
    #expect(whole.keys.sorted() == parts.keys.sorted())
    for key in whole.keys.sorted() { #expect(whole[key] == parts[key], "\(key) differs") }
    if algorithm == .sacNF { return }
    #expect(whole["replay.h5:/costs"]?.count == 161)
    var logged = ["evaluation/cost_mean", "evaluation/discounted_cost_mean", "episode/cost", "episode/discounted_cost"]
    logged += ["update/lambda", "update/cost_critic_loss"]
    if algorithm == .safeSACHPO { logged += ["update/leapfrog_steps", "update/discarded_share"] }
    for name in logged { #expect(whole["curve.h5:/\(name)"] != nil, "\(name) is not in the curve") }
  }

  private struct Leftwards: ExplorationPolicy {
    func action<Generator: RandomNumberGenerator>(at state: [Double], using generator: inout Generator) -> [Float] {
      [-1, Float.random(in: -0.5...0.5, using: &generator)]
    }
  }

  @Test func `a policy of one's own explores after the random steps, and goes on exactly as well`() throws {
    func train(in name: String, stopsAt stop: Int? = nil) throws {
      let run = try TrainingRun(settings(), directory: directory(name), exploration: Leftwards()) { PointMass() }
      run.stopRequest = { [unowned run] in run.stepsTaken == stop ? .terminate : nil }
      try run.run()
    }
    try train(in: "whole")
    #expect(throws: RunError.self) { try train(in: "parts", stopsAt: 131) }
    try train(in: "parts")
    let (whole, parts) = (try contents("whole"), try contents("parts"))
    for key in whole.keys.sorted() { #expect(whole[key] == parts[key], "\(key) differs") }
    let actions: [Float] = try HDF5File.open(at: directory("whole").replay).read("actions")
    for row in 0..<260 { #expect((actions[2 * row] == -1) == (row >= 60)) }
  }

  private struct Overshoot: ExplorationPolicy {
    let value: Float
    func action<Generator: RandomNumberGenerator>(at state: [Double], using generator: inout Generator) -> [Float] { [0, value] }
  }

  @Test(arguments: [Float.nan, 1.5]) func `a policy of one's own that leaves the box is an error`(_ value: Float) throws {
    let run = try TrainingRun(settings(), directory: directory("run"), exploration: Overshoot(value: value)) { PointMass() }
    let error = #expect(throws: RunError.self) { try run.run() }
    #expect(error?.description == "the exploration policy chose \(value) after 60 steps; actions are within [-1, 1]")
  }

  @Test(arguments: [Algorithm.baseline1, .baseline2], ["clip", "reflect", "latent"])
  func `however small α makes the conventional force large, a run stays finite or says where it did not`(
    _ algorithm: Algorithm, _ boundary: String
  ) throws {
    var (finished, stopped) = (0, 0)
    for alpha in [0.2, 1e-4, 1e-15, 1e-25, 1e-35, 1e-44] {
      let name = "\(algorithm)-\(boundary)-\(alpha)"
      let changed = try settings(algorithm, steps: 120) {
        $0.alpha = alpha
        $0.boundary = try #require(Boundary(rawValue: boundary))
      }
      do {
        let run = try train(changed, in: name)
        finished += 1
        #expect(run.evaluations.allSatisfy { $0.meanReturn.isFinite })
      } catch RunError.diverged(let error, let step, let path) {
        stopped += 1
        #expect(
          RunError.diverged(error, step: step, path: path).description
            == "at step \(step) \(error); the last checkpoint in '\(path)' is intact")
        #expect(path == directory(name).path && (40...120).contains(step))
      }
      let checkpoint = try HDF5File.open(at: directory(name).checkpoint).group("networks")
      for network in ["critic1", "critic2", "policy"] {
        let weights: [Double] = try checkpoint.read("\(network)/0/weight")
        #expect(weights.allSatisfy { $0.isFinite })
      }
      let actions: [Double] = try HDF5File.open(at: directory(name).replay).read("actions")
      #expect(actions.allSatisfy { abs($0) <= 1 })
    }
    #expect(finished > 0, "\(finished) finished, \(stopped) stopped")
  }

  @Test func `physics that throws stops the run and keeps the last checkpoint`() throws {
    #expect(throws: PointMass.Failure.self) { try train(settings(), in: "run", failsAtStep: 77) }
    let rows: Int = try HDF5File.open(at: directory("run").checkpoint).group("rows").attribute("replay")
    #expect(rows == 50)
  }
}

@Suite struct LearningTests {
  /// Mean return of the deterministic policy after a short training. Untrained policies score about −33 (standing still at a
  /// random start: mean distance 0.77 over 40 steps, and they drift); pushing straight home scores about −9.
  private func finalReturn(_ algorithm: Algorithm) throws -> Double {
    let folder = try TemporaryFolder()
    var settings = Settings.smallTask(algorithm, steps: 2500)
    settings.evaluationInterval = 2500
    let run = try TrainingRun(settings, directory: RunDirectory(path: "\(folder.path)/run")) { PointMass() }
    try run.run()
    return run.evaluations.last?.meanReturn ?? -.infinity
  }

  @Test(arguments: [Algorithm.sac, .sacHPO, .sacNF, .baseline1, .baseline2, .baseline3, .sacHPOZeroMomentum])
  func `a small task is really learned`(_ algorithm: Algorithm) throws {
    let result = try finalReturn(algorithm)
    #expect(result > -16, "\(algorithm.name) reached \(result)")
  }
}
