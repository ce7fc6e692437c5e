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
    let storesCosts = settings.cost != .none
    let layout = LearningCurve.Layout(
      evaluationEpisodes: settings.evaluationEpisodes,
      updateScalars: agent.report.names + ["steps_per_second"] + actor.explorationScalars.map(\.name),
      storesCosts: storesCosts)
    // Before anything is changed in the directory: the data may not suit.
    let dataset = try loadDataset(settings, facts, in: directory, startsOver: startsOver, warn: warn)
    let replay = try dataset?.replay ?? makeReplay(settings, facts, storesCosts: storesCosts)
    let attributes = attributes(settings, facts, dataset?.identity)
    let lock = try lock(directory, startsOver: startsOver, warn: warn)
    try directory.removeTemporaryFiles()
    func state(_ curve: LearningCurve, _ replayFile: ReplayFile) -> RunState {
      RunState(settings, directory, facts, agent, actor, replay, lock, curve, replayFile, dataset?.identity)
    }
    guard let file = try openCheckpoint(settings, in: directory) else {
      try requireNothingToLose(in: directory)
      try AtomicFile.replace(at: directory.config, with: settings.yaml)
      let curve = try LearningCurve.create(at: directory.curve, layout: layout, attributes: attributes)
      let replayFile = try ReplayFile.create(
        at: directory.replay, observationSize: facts.observationSize, actionSize: facts.actionSize,
        storesCosts: storesCosts, infos: infos, attributes: attributes)
      return (state(curve, replayFile), nil)
    }
    let differences = try Checkpoint.roundingDifferences(of: file, facts.libraries)
    if let before = try file.modelHash(), let now = try facts.modelHash?.value(), before != now {
      // What a model is compiled to is another simulator's version's to say: the warning of that is all that can be said then.
      let isSameSimulator = try facts.libraries.allSatisfy { library in
        let found: String? = try file.attributeExists(library.name) ? file.attribute(library.name) : nil
        return found == library.version
      }
      if isSameSimulator { throw RunError.modelChanged(path: directory.path, environment: facts.id) }
    }
    var checkpoint = try Checkpoint.read(from: file, into: agent, acting: actor.explorationScalars)
    try file.close()
    if checkpoint.dataset != dataset?.identity {
      throw RunError.datasetChanged(path: directory.path, dataset: settings.fromReplay.settingText)
    }
    let curve = try LearningCurve.resume(
      at: directory.curve, rows: checkpoint.curveRows, layout: layout, attributes: attributes
    ) { try requireSameRun(settings, $0) }
    let replayFile = try ReplayFile.resume(
      at: directory.replay, rows: checkpoint.replayRows,
      endsMidEpisode: dataset == nil && checkpoint.progress.episode.length > 0, infos: infos,
      // An acting run's memory is its history; another's holds the data.
      into: dataset == nil ? replay : emptyReplay(facts, storesCosts: storesCosts)
    ) {
      try requireSameRun(settings, $0)
    }
    let stepsActed = dataset == nil ? checkpoint.progress.step : 0
    guard checkpoint.replayRows == stepsActed else {
      throw CheckpointError.wrongSize(
        object: "/rows replay", found: checkpoint.replayRows, expected: stepsActed, file: directory.checkpoint)
    }
    if !differences.isEmpty {
      warn(
        "'\(directory.path)' goes on where numbers may round otherwise (\(differences.joined(separator: "; "))): its end may differ "
          + "from an uninterrupted run's")
    }
    if checkpoint.progress.bestReturn != nil && !FileManager.default.fileExists(atPath: directory.best) {
      warn("'\(directory.best)' is gone; the next evaluation's networks take its place")
      checkpoint.progress.bestReturn = nil
    } else if let step = stepOfBest(in: directory), step > checkpoint.progress.step {
      // Of a process that was killed before a checkpoint. Going on the same way comes to these networks again; any other does not.
      warn(
        "'\(directory.best)' is of step \(step), which the run goes back behind; the next evaluation's networks take its place")
      checkpoint.progress.bestReturn = nil
    }
    return (state(curve, replayFile), (checkpoint, differences.isEmpty))
  }

  /// `nil` where there is no such file, or a damaged one: nothing that a run goes on from is in it.
  private static func stepOfBest(in directory: RunDirectory) -> Int? {
    guard FileManager.default.fileExists(atPath: directory.best) else { return nil }
    return try? Checkpoint.open(at: directory.best).attribute("step")
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
    let recorded = try recordedSettings(of: file)
    let differences = settings.differences(from: recorded)
    if !differences.isEmpty && settings.hasOtherCostRule(than: recorded) {
      throw RunError.costRuleChanged(path: directory.path, environment: settings.environment)
    }
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
    settings.differences(from: try recordedSettings(of: file))
  }

  private static func recordedSettings(of file: HDF5File) throws -> RecordedSettings {
    try RecordedSettings(yaml: try file.attribute("configuration"), source: file.filePath)
  }

  /// Makes the directory this process' alone. A finished run that is to be started over is kept: its folder gets another name; what an
  /// unfinished one has recorded is discarded.
  private static func lock(_ directory: RunDirectory, startsOver: Bool, warn: (String) -> Void) throws -> RunLock {
    try directory.prepare()
    let lock = try RunLock(directory, warn: warn)
    guard startsOver else { return lock }
    guard isFinishedByItself(directory) else {
      try directory.removeFiles()
      return lock
    }
    let kept = try directory.keepAside()
    warn("the finished run in '\(directory.path)' is kept as '\(kept)'")
    // The folder went with its lock.
    try directory.prepare()
    return try RunLock(directory, warn: warn)
  }

  /// Whether a directory's run has taken all the steps that it was asked for, whatever is asked for now.
  private static func isFinishedByItself(_ directory: RunDirectory) -> Bool {
    guard let file = try? Checkpoint.open(at: directory.checkpoint), let yaml: String = try? file.attribute("configuration"),
      let recorded = try? RecordedSettings(yaml: yaml, source: file.filePath), let steps = recorded.steps,
      let done = try? Checkpoint.step(of: file)
    else { return false }
    return done >= steps
  }

  /// Reads what a run learns from without acting; `nil` where it acts.
  private static func loadDataset(
    _ settings: Settings, _ facts: EnvironmentSpecification, in directory: RunDirectory, startsOver: Bool, warn: (String) -> Void
  ) throws -> OfflineDataset? {
    guard let path = settings.fromReplay.path else { return nil }
    var rows: Int?
    if !startsOver, FileManager.default.fileExists(atPath: directory.checkpoint) {
      rows = try OfflineDataset.Identity(of: try Checkpoint.open(at: directory.checkpoint))?.rows
    }
    let dataset = try OfflineDataset(
      contentsOf: path, rows: rows, for: facts, storesCosts: settings.cost != .none, capacity: settings.replayCapacity
    ) { try requireMemory(for: $0, settings, facts) }
    if dataset.transitionCount > dataset.replay.count {
      warn(
        "'\(path)' has \(dataset.transitionCount) transitions, of which the last \(dataset.replay.count) are learnt from "
          + "(replay_capacity)")
    }
    return dataset
  }

  /// Memory for the steps that can come, at most `replay_capacity` of them.
  private static func makeReplay(
    _ settings: Settings, _ facts: EnvironmentSpecification, storesCosts: Bool
  ) throws -> ReplayBuffer {
    let capacity = min(settings.replayCapacity, settings.steps)
    try requireMemory(for: capacity, settings, facts)
    return ReplayBuffer(
      capacity: capacity, observationSize: facts.observationSize, actionSize: facts.actionSize, storesCosts: storesCosts)
  }

  /// For a file without a row.
  private static func emptyReplay(_ facts: EnvironmentSpecification, storesCosts: Bool) -> ReplayBuffer {
    ReplayBuffer(capacity: 1, observationSize: facts.observationSize, actionSize: facts.actionSize, storesCosts: storesCosts)
  }

  private static func requireMemory(for capacity: Int, _ settings: Settings, _ facts: EnvironmentSpecification) throws {
    let bytes = Double(capacity) * Double(ReplayBuffer.bytesPerStep(facts.observationSize, facts.actionSize))
    let memory = Double(ProcessInfo.processInfo.physicalMemory)
    if bytes > memory {
      throw SettingsError.contradiction(
        "replay_capacity \(settings.replayCapacity) needs \(Int(bytes / 1e9)) GB of memory, this machine has "
          + "\(Int(memory / 1e9)) GB; take a smaller one")
    }
  }

  /// A directory without a checkpoint may be written to only if it holds no steps: a run's checkpoint may have been lost.
  private static func requireNothingToLose(in directory: RunDirectory) throws {
    guard FileManager.default.fileExists(atPath: directory.replay) else { return }
    let rows = try? HDF5File.open(at: directory.replay, mode: .readOnlyAfterWriter).dataset("rewards").rowCount
    if rows != 0 { throw RunError.checkpointLost(path: directory.path) }
  }
}

/// What curve and replay files say of their origin.
private func attributes(
  _ settings: Settings, _ facts: EnvironmentSpecification, _ dataset: OfflineDataset.Identity?
) -> (HDF5File) throws -> Void {
  { file in
    try file.setAttribute("environment", settings.environment)
    try file.setAttribute("algorithm", settings.algorithm.name)
    try file.setAttribute("seed", settings.seed)
    try file.setAttribute("threads", settings.threadsInUse)
    try file.setAttribute("configuration", settings.yaml)
    try file.setAttribute("host", ProcessInfo.processInfo.hostName)
    for library in Versions.all(facts.libraries) { try file.setAttribute(library.name, library.version) }
    try file.setModelHash(facts.modelHash)
    try dataset?.write(to: file)
  }
}
