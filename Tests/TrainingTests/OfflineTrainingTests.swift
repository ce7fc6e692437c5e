import Agents
import Configuration
import Experience
import Foundation
import Gym
import HDF5
import LinearAlgebra
import Random
import Records
import TestSupport
import Testing
import Training

/// Learning from transitions that were recorded before.
@Suite struct OfflineTrainingTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Episodes of the point mass under random actions, as D4RL lays them out.
  private struct Recording {
    var observations: [Float] = []
    var actions: [Float] = []
    var rewards: [Float] = []
    var terminals: [Bool] = []
    var timeouts: [Bool] = []
    var nextObservations: [Float] = []

    init(steps: Int) throws {
      var generator = SeededGenerator(seed: 7, stream: 0)
      let task = TimeLimit(PointMass(damping: 1))
      try task.reset(using: &generator)
      for _ in 0..<steps {
        observations += task.observation.map { Float($0) }
        let action = (0..<2).map { _ in Float(generator.uniform(-1, 1)) }
        let step = try task.step(action)
        actions += action
        rewards.append(Float(step.reward))
        terminals.append(step.ending == .terminated)
        timeouts.append(step.ending == .truncated)
        nextObservations += task.observation.map { Float($0) }
        if step.ending != nil { try task.reset(using: &generator) }
      }
    }

    func write(to path: String, next: Bool = true, timeouts hasTimeouts: Bool = true, change: (HDF5File) throws -> Void = { _ in }) throws {
      let file = try HDF5File.create(at: path)
      _ = try file.write("observations", observations, shape: [rewards.count, 4])
      _ = try file.write("actions", actions, shape: [rewards.count, 2])
      _ = try file.write("rewards", rewards)
      try file.createDataset("terminals", of: Bool.self, chunkRows: 256).append(terminals)
      if hasTimeouts { try file.createDataset("timeouts", of: Bool.self, chunkRows: 256).append(timeouts) }
      if next { _ = try file.write("next_observations", nextObservations, shape: [rewards.count, 4]) }
      try change(file)
      try file.close()
    }
  }

  private func settings(_ algorithm: Algorithm = .sacHPO, steps: Int = 40, data: String) -> Settings {
    var settings = Settings.smallTask(algorithm, steps: steps)
    settings.batchSize = 16
    settings.hiddenSize = 8
    settings.evaluationInterval = 20
    settings.evaluationEpisodes = 1
    settings.checkpointInterval = 15
    settings.loggingInterval = 10
    settings.fromReplay = .path(data)
    return settings
  }

  @discardableResult
  private func train(_ settings: Settings, in name: String, startsOver: Bool = false, stopAfter: Int? = nil) throws -> RunDirectory {
    let directory = RunDirectory(path: "\(folder.path)/\(name)")
    let run = try TrainingRun(settings, directory: directory, startsOver: startsOver) { PointMass() }
    if let stopAfter { run.stopRequest = { [unowned run] in run.stepsTaken == stopAfter ? .terminate : nil } }
    do {
      try run.run()
    } catch RunError.interrupted where stopAfter != nil {}
    return directory
  }

  private func refusal(_ settings: Settings) -> String {
    let error = #expect(throws: (any Error).self) { try train(settings, in: "refused") }
    return error.map { "\($0)" } ?? ""
  }

  @Test(arguments: [Algorithm.sacHPO, .td3, .sacNF])
  func `updates are those of a memory that was filled by hand, bit for bit`(_ algorithm: Algorithm) throws {
    let recording = try Recording(steps: 300)
    try #require(recording.terminals.contains(true) && recording.timeouts.contains(true))
    let data = "\(folder.path)/data.h5"
    try recording.write(to: data)
    let settings = settings(algorithm, data: data)
    let trained = try train(settings, in: "run")

    let facts = PointMass().specification
    let agent = makeAgent(
      try settings.agentSettings(for: facts), seed: UInt64(settings.seed), pool: WorkerPool(threads: settings.threadsInUse))
    let replay = ReplayBuffer(capacity: 1000, observationSize: 4, actionSize: 2)
    for row in 0..<300 {
      replay.append(
        observation: recording.observations[4 * row..<4 * row + 4].map(Double.init), action: Array(recording.actions[2 * row..<2 * row + 2]),
        reward: Double(recording.rewards[row]), nextObservation: recording.nextObservations[4 * row..<4 * row + 4].map(Double.init),
        terminal: recording.terminals[row], timeout: recording.timeouts[row])
    }
    var generator = SeededGenerator(seed: 0, stream: RandomStream.replay.rawValue)
    for _ in 0..<40 {
      replay.sample(into: agent.minibatch, using: &generator)
      try agent.update()
    }
    let file = try HDF5File.open(at: trained.checkpoint)
    for (name, parameters) in agent.networks {
      for tensor in parameters.tensors {
        let found: [Float] = try file.read("networks/\(name)/\(tensor.name)")
        let expected = parameters.values(of: tensor)
        #expect((0..<expected.count).allSatisfy { found[$0].bitPattern == expected[$0].bitPattern }, "\(name)/\(tensor.name)")
      }
    }
    let evaluated: [Int64] = try HDF5File.open(at: trained.curve).read("evaluation/step")
    #expect(evaluated == [20, 40])
    #expect(try HDF5File.open(at: trained.replay).dataset("rewards").rowCount == 0, "no step was taken")
  }

  @Test func `a file without next observations is paired as D4RL pairs it`() throws {
    let recording = try Recording(steps: 200)
    let (whole, paired) = ("\(folder.path)/whole.h5", "\(folder.path)/paired.h5")
    try recording.write(to: whole)
    try recording.write(to: paired, next: false)
    let facts = PointMass().specification
    func transitions(_ path: String) throws -> [[Float]] {
      var list: [[Float]] = []
      let dataset = try OfflineDataset(contentsOf: path, for: facts, storesCosts: false, capacity: 1000) { _ in }
      dataset.replay.forEachStep(from: 0) {
        list.append(Array($0.observation) + Array($0.action) + [$0.reward] + ($0.terminal ? [] : Array($0.nextObservation)))
      }
      return list
    }
    let kept = (0..<199).filter { !recording.timeouts[$0] }
    let all = try transitions(whole)
    #expect(all.count == 200)
    #expect(try transitions(paired) == kept.map { all[$0] })
    try recording.write(to: paired, next: false, timeouts: false)
    #expect(
      refusal(settings(data: paired)).hasPrefix(
        "cannot learn from '\(paired)': it has neither 'next_observations' nor 'timeouts', so that nothing says which state followed which"))
  }

  @Test func `transitions in any order are learnt from as they are`() throws {
    let recording = try Recording(steps: 60)
    var shuffled = recording
    let order = (0..<60).map { $0 * 7 % 60 }
    shuffled.observations = order.flatMap { recording.observations[4 * $0..<4 * $0 + 4] }
    shuffled.nextObservations = order.flatMap { recording.nextObservations[4 * $0..<4 * $0 + 4] }
    let path = "\(folder.path)/shuffled.h5"
    try shuffled.write(to: path)
    let dataset = try OfflineDataset(contentsOf: path, for: PointMass().specification, storesCosts: false, capacity: 50) { _ in }
    var next: [Float] = []
    dataset.replay.forEachStep(from: 0) { next += $0.nextObservation }
    #expect(dataset.transitionCount == 60 && dataset.replay.count == 50)
    #expect(next == Array(shuffled.nextObservations.dropFirst(40)))
  }

  @Test func `a run that was stopped ends as one that was not, bit for bit, though the data have moved`() throws {
    let data = "\(folder.path)/data.h5"
    try Recording(steps: 120).write(to: data)
    let whole = try train(settings(data: data), in: "whole")
    let parts = try train(settings(data: data), in: "parts", stopAfter: 17)
    let moved = "\(folder.path)/moved.h5"
    try FileManager.default.moveItem(atPath: data, toPath: moved)
    try train(settings(data: moved), in: "parts")
    let (expected, found) = (try runContents(of: whole.path), try runContents(of: parts.path))
    #expect(expected.count > 40 && found == expected)
  }

  @Test func `a run goes on with the data that it began with, more rows or not, and with no others`() throws {
    let data = "\(folder.path)/data.h5"
    let recording = try Recording(steps: 120)
    var shorter = recording
    shorter.observations.removeLast(4 * 20)
    shorter.nextObservations.removeLast(4 * 20)
    shorter.actions.removeLast(2 * 20)
    for path in [\Recording.terminals, \Recording.timeouts] { shorter[keyPath: path].removeLast(20) }
    shorter.rewards.removeLast(20)
    try shorter.write(to: data)
    let whole = try train(settings(data: data), in: "whole")
    let parts = try train(settings(data: data), in: "parts", stopAfter: 17)
    // A run at work appends to its history.
    try recording.write(to: data)
    try train(settings(data: data), in: "parts")
    #expect(try runContents(of: parts.path) == runContents(of: whole.path))

    try train(settings(data: data), in: "other", stopAfter: 17)
    var changed = recording
    changed.rewards[3] += 1
    try changed.write(to: data)
    let error = #expect(throws: RunError.self) { try train(settings(data: data), in: "other") }
    #expect(
      error?.description
        == "'\(data)' does not hold the transitions that the run in '\(folder.path)/other' began with; put the file back, or start over with --fresh"
    )
    var acting = settings(data: data)
    acting.fromReplay = .none
    #expect(throws: RunError.settingsChanged(path: "\(folder.path)/other", differences: ["from_replay: \(data) there, none now"])) {
      try train(acting, in: "other")
    }
  }

  @Test func `another run's history is learnt from, at work or finished; another task's is refused`() throws {
    var source = Settings.smallTask(.sac, steps: 90)
    (source.hiddenSize, source.batchSize, source.updateAfter, source.warmupSteps, source.evaluationEpisodes) = (8, 8, 90, 90, 1)
    let recorded = try train(source, in: "source")
    let learnt = try train(settings(data: recorded.replay), in: "run")
    #expect(try HDF5File.open(at: learnt.curve).attribute("dataset_rows") == 90)

    let foreign = "\(folder.path)/foreign.h5"
    try Recording(steps: 30).write(to: foreign) { try $0.setAttribute("environment", "Hopper-v2") }
    #expect(
      refusal(settings(data: foreign))
        == "cannot learn from '\(foreign)': it was recorded in Hopper-v2, and the run's environment is PointMass-v0")
  }

  @Test func `what cannot be learnt from is refused in one line, before anything is written`() throws {
    let data = "\(folder.path)/data.h5"
    let recording = try Recording(steps: 30)
    let said = "cannot learn from '\(data)': "
    func refused(_ change: (inout Recording) -> Void) throws -> String {
      var wrong = recording
      change(&wrong)
      try wrong.write(to: data)
      return refusal(settings(data: data))
    }
    #expect(refusal(settings(data: data)) == said + "there is no such file")
    #expect(try refused { $0.rewards[4] = .nan } == said + "'rewards' is nan in row 4; numbers must be finite")
    #expect(try refused { $0.observations[4 * 5] = .infinity } == said + "'observations' is inf in row 5; numbers must be finite")
    #expect(try refused { $0.actions[2 * 6 + 1] = 1.5 } == said + "'actions' is 1.5 in row 6; actions are within [-1, 1]")
    #expect(try refused { $0.terminals.removeLast() } == said + "'terminals' has 29 rows, 'observations' 30; each row is one step")
    let file = try HDF5File.create(at: data)
    _ = try file.write("observations", [Float](repeating: 0, count: 15), shape: [5, 3])
    try file.close()
    #expect(refusal(settings(data: data)) == said + "'observations' has shape [5, 3], it must be [rows, 4] for PointMass-v0")
    try FileManager.default.removeItem(atPath: data)
    _ = try HDF5File.create(at: data).close()
    #expect(
      refusal(settings(data: data)) == said
        + "it has no 'observations'; D4RL's layout is observations, actions, rewards, terminals and timeouts, a row a step")
    try recording.write(to: data)
    var costly = settings(data: data)
    costly.cost = .own
    #expect(refusal(costly) == said + "it has no 'costs', and the run records a cost; with cost 'none' it does not")
    costly.constraint = .lagrangian
    costly.costLimit = 1
    costly.variant = "x"
    #expect(refusal(costly).contains("needs episodes, from which λ follows"))
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/refused"))
    // An ending may be what could not be computed.
    var ended = recording
    let end = try #require(ended.terminals.firstIndex(of: true))
    ended.nextObservations[4 * end] = .nan
    try ended.write(to: data)
    try train(settings(data: data), in: "ended")
  }

  @Test func `a run begins with another's networks and with fresh optimisers`() throws {
    let data = "\(folder.path)/data.h5"
    try Recording(steps: 120).write(to: data)
    let source = try train(settings(.sac, data: data), in: "source")
    var next = settings(.sac, steps: 1, data: data)
    next.learningRate = 1e-12
    next.tau = 1e-12
    for (name, path) in [("of checkpoint", source.path), ("of best", source.best)] {
      next.initFrom = .path(path)
      let begun = try train(next, in: name)
      let from = try HDF5File.open(at: path == source.path ? source.checkpoint : path)
      let to = try HDF5File.open(at: begun.checkpoint)
      let layer = "networks/policy/0/weight"
      let (before, after): ([Float], [Float]) = (try from.read(layer), try to.read(layer))
      #expect(zip(before, after).allSatisfy { abs($0 - $1) < 1e-6 })
      #expect(try to.group("optimizers/policy").attribute("steps", as: Int.self) == 1)
    }
    next.hiddenSize = 16
    next.initFrom = .path(source.path)
    let error = #expect(throws: NetworksDoNotFit.self) { try train(next, in: "wide") }
    #expect(error?.description.contains("has shape [8, 6] there and [16, 6] here") == true, "\(String(describing: error))")

    // What only this algorithm has begins anew, and is said to.
    var other = settings(.sacHPO, steps: 1, data: data)
    other.initFrom = .path(source.path)
    other.policyHiddenLayers = 2
    var warnings: [String] = []
    _ = try TrainingRun(other, directory: RunDirectory(path: "\(folder.path)/other"), warn: { warnings.append($0) }) { PointMass() }
    #expect(warnings == ["'\(source.checkpoint)' is of sac and has no 'leapfrog_transform', 'leapfrog_gate': these begin anew"])

    other.initFrom = .path("\(folder.path)/other")
    #expect(throws: RunError.ownSource(path: "\(folder.path)/other", key: "init_from")) { try train(other, in: "other", startsOver: true) }
  }
}
