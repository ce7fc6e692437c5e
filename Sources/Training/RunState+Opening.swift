import Agents
import Configuration
import Experience
import Foundation
import Gym
import HDF5
import Records
import Support

// How a run's files are opened: a new run's, or those that a checkpoint left.

extension RunState {
  /// - Returns: the run's state, and for one that goes on its checkpoint, still to be taken up.
  static func open(
    _ settings: Settings, _ directory: RunDirectory, _ facts: EnvironmentSpecification, _ agent: any Agent<Float>,
    infos: [(name: String, width: Int)], startsOver: Bool, warn: (String) -> Void
  ) throws -> (state: RunState, checkpoint: (state: Checkpoint, roundsAlike: Bool)?) {
    let actor = agent.makeActor()
    let layout = LearningCurve.Layout(
      evaluationEpisodes: settings.evaluationEpisodes,
      updateScalars: agent.report.names + ["steps_per_second"] + actor.explorationScalars.map(\.name),
      storesCosts: settings.cost != .none)
    let replay = try makeReplay(settings, facts, storesCosts: settings.cost != .none)
    let attributes = attributes(settings, facts)
    try directory.prepare()
    let lock = try RunLock(directory, warn: warn)
    if startsOver { try directory.removeFiles() }
    try directory.removeTemporaryFiles()
    func state(_ curve: LearningCurve, _ replayFile: ReplayFile) -> RunState {
      RunState(settings, directory, facts, agent, actor, replay, lock, curve, replayFile)
    }
    guard let file = try openCheckpoint(settings, in: directory) else {
      try requireNothingToLose(in: directory)
      try AtomicFile.replace(at: directory.config, with: settings.yaml)
      let curve = try LearningCurve.create(at: directory.curve, layout: layout, attributes: attributes)
      let replayFile = try ReplayFile.create(
        at: directory.replay, observationSize: facts.observationSize, actionSize: facts.actionSize,
        storesCosts: settings.cost != .none, infos: infos, attributes: attributes)
      return (state(curve, replayFile), nil)
    }
    if let before = try file.modelHash(), let now = facts.modelHash, before != now {
      throw RunError.modelChanged(path: directory.path, environment: facts.id)
    }
    var checkpoint = try Checkpoint.read(from: file, into: agent, acting: actor.explorationScalars)
    let differences = try Checkpoint.roundingDifferences(of: file, facts.libraries)
    try file.close()
    let curve = try LearningCurve.resume(
      at: directory.curve, rows: checkpoint.curveRows, layout: layout, attributes: attributes
    ) { try requireSameRun(settings, $0) }
    let replayFile = try ReplayFile.resume(at: directory.replay, rows: checkpoint.replayRows, infos: infos, into: replay) {
      try requireSameRun(settings, $0)
    }
    guard checkpoint.replayRows == checkpoint.progress.step else {
      throw CheckpointError.wrongSize(
        object: "/rows replay", found: checkpoint.replayRows, expected: checkpoint.progress.step, file: directory.checkpoint)
    }
    if !differences.isEmpty {
      warn(
        "'\(directory.path)' goes on where numbers round otherwise (\(differences.joined(separator: "; "))): its end may differ "
          + "from an uninterrupted run's")
    }
    if checkpoint.progress.bestReturn != nil && !FileManager.default.fileExists(atPath: directory.best) {
      warn("'\(directory.best)' is gone; the next evaluation's networks take its place")
      checkpoint.progress.bestReturn = nil
    }
    return (state(curve, replayFile), (checkpoint, differences.isEmpty))
  }

  func takeUp(_ checkpoint: Checkpoint) {
    generators = checkpoint.generators
    episodeStart = checkpoint.episodeStart
    episodeActions.append(contentsOf: checkpoint.episodeActions)
    progress = checkpoint.progress
    savedStep = progress.step
  }

  /// Whether a directory holds a run of these settings with all steps taken; nothing is opened for writing.
  static func isFinished(_ settings: Settings, in directory: RunDirectory) throws -> Bool {
    guard let checkpoint = try openCheckpoint(settings, in: directory) else { return false }
    return try Checkpoint.step(of: checkpoint) == settings.steps && isClosed(directory.curve) && isClosed(directory.replay)
  }

  /// Whether a file was closed cleanly or is absent: what a killed process was writing is marked so, and readers refuse it.
  private static func isClosed(_ path: String) -> Bool {
    !FileManager.default.fileExists(atPath: path) || (try? HDF5File.open(at: path)) != nil
  }

  /// A directory's checkpoint, if it has one, once it is certain that a run of these settings can go on from it.
  /// - Throws: `HDF5Error`, `RunError.settingsChanged(path:differences:)`, `RunError.alreadyPast(path:done:asked:)`.
  private static func openCheckpoint(_ settings: Settings, in directory: RunDirectory) throws -> HDF5File? {
    guard FileManager.default.fileExists(atPath: directory.checkpoint) else { return nil }
    let file = try Checkpoint.open(at: directory.checkpoint)
    let differences = try differences(settings, from: file)
    if !differences.isEmpty { throw RunError.settingsChanged(path: directory.path, differences: differences) }
    let done = try Checkpoint.step(of: file)
    if done > settings.steps { throw RunError.alreadyPast(path: directory.path, done: done, asked: settings.steps) }
    return file
  }

  /// `curve.h5` and `replay.h5` may have been replaced by another run's.
  private static func requireSameRun(_ settings: Settings, _ file: HDF5File) throws {
    let differences = try differences(settings, from: file)
    if !differences.isEmpty { throw RunError.foreignFile(file: file.filePath, differences: differences) }
  }

  /// The settings that differ from those a file was written under; those that a run may go on with another value of aside.
  private static func differences(_ settings: Settings, from file: HDF5File) throws -> [String] {
    let yaml: String = try file.attribute("configuration")
    return settings.differences(from: try RecordedSettings(yaml: yaml, source: file.filePath))
  }

  /// Memory for the steps that can come, at most `replay_capacity` of them.
  private static func makeReplay(
    _ settings: Settings, _ facts: EnvironmentSpecification, storesCosts: Bool
  ) throws -> ReplayBuffer {
    let capacity = min(settings.replayCapacity, settings.steps)
    let bytes = Double(capacity) * Double(ReplayBuffer.bytesPerStep(facts.observationSize, facts.actionSize))
    let memory = Double(ProcessInfo.processInfo.physicalMemory)
    if bytes > memory {
      throw SettingsError.contradiction(
        "replay_capacity \(settings.replayCapacity) needs \(Int(bytes / 1e9)) GB of memory, this machine has "
          + "\(Int(memory / 1e9)) GB; take a smaller one")
    }
    return ReplayBuffer(
      capacity: capacity, observationSize: facts.observationSize, actionSize: facts.actionSize, storesCosts: storesCosts)
  }

  /// A directory without a checkpoint may be written to only if it holds no steps: a run's checkpoint may have been lost.
  private static func requireNothingToLose(in directory: RunDirectory) throws {
    guard FileManager.default.fileExists(atPath: directory.replay) else { return }
    let rows = try? HDF5File.open(at: directory.replay, mode: .readOnlyAfterWriter).dataset("rewards").rowCount
    if rows != 0 { throw RunError.checkpointLost(path: directory.path) }
  }
}

/// What curve and replay files say of their origin.
private func attributes(_ settings: Settings, _ facts: EnvironmentSpecification) -> (HDF5File) throws -> Void {
  { file in
    try file.setAttribute("environment", settings.environment)
    try file.setAttribute("algorithm", settings.algorithm.name)
    try file.setAttribute("seed", settings.seed)
    try file.setAttribute("threads", settings.threadsInUse)
    try file.setAttribute("configuration", settings.yaml)
    try file.setAttribute("host", ProcessInfo.processInfo.hostName)
    for library in Versions.all(facts.libraries) { try file.setAttribute(library.name, library.version) }
    try file.setModelHash(facts.modelHash)
  }
}
