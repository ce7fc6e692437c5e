import Agents
import Environments
import Experience
import Foundation
import Gym
import HDF5
import LinearAlgebra
import Random

/// One run: an agent learning a task, recorded in a directory, to be stopped and continued at any step.
public final class TrainingRun {
  /// All in force; they do not change.
  public let settings: Settings
  /// Where the run records itself.
  public let directory: RunDirectory
  /// Tells the run's observer, if any, how it goes; called after every step.
  public var onStep: ((TrainingRun) -> Void)?
  /// Asked after every step; a signal ends the run with a checkpoint.
  public var stopRequest: () -> StopSignal? = { nil }
  /// Asked after every step; true writes a checkpoint, and the run goes on.
  public var checkpointRequest: () -> Bool = { false }

  /// Those of this process, oldest first: environment steps taken, mean undiscounted return, and mean discounted cost where the run
  /// records a cost.
  public private(set) var evaluations: [(step: Int, meanReturn: Double, meanDiscountedCost: Double?)] = []
  /// Environment steps taken, by earlier processes included.
  public var stepsTaken: Int { progress.step }
  /// Return of the last finished training episode.
  public var lastReturn: Double? { progress.lastReturn }

  /// λ of a safe agent.
  public var multiplier: Double? { agent.multiplier?.value }

  private let environment: TimeLimit
  private let evaluationEnvironment: TimeLimit
  private let agent: SoftActorCritic<Float>
  private let actor: Actor<Float>
  /// Apart from the one that explores: a filter's reference to the first state is each episode's own.
  private let evaluationActor: Actor<Float>
  private let ownExploration: (any ExplorationPolicy)?
  private let costSignal: CostSignal?
  private let replay: ReplayBuffer
  private let lock: RunLock
  private var curve: LearningCurve
  private var replayFile: ReplayFile
  private var generators: RunGenerators
  private var progress = RunProgress()
  /// The step of the last checkpoint.
  private var savedStep = 0
  private var episodeStart: SeededGenerator
  private var episodeActions: [Float] = []
  private var action: [Float]
  private var previousObservation: [Double]
  private var clock = ContinuousClock.now

  /// Opens the run of these settings: a new one, or where its checkpoint left it.
  /// - Parameters:
  ///   - makeEnvironment: makes the task; called twice, for training and for evaluation.
  ///   - startsOver: discards what is there.
  ///   - exploration: explores in the agent's place. The run's files do not know it: give the same one to go on.
  ///   - warn: told what the user should know but need not act on.
  /// - Throws: ``SettingsError`` for settings that make no sense together, however they were made; ``RunError``, `HDF5Error` and
  ///   ``CheckpointError`` for what the directory holds; what making the environment throws.
  public init(
    _ settings: Settings, directory: RunDirectory, startsOver: Bool = false,
    exploration: (any ExplorationPolicy)? = nil, warn: (String) -> Void = { _ in },
    makeEnvironment: () throws -> any Environment
  ) throws {
    let settings = try settings.resolved()
    self.settings = settings
    self.directory = directory
    environment = TimeLimit(try makeEnvironment())
    evaluationEnvironment = TimeLimit(try makeEnvironment())
    let facts = environment.specification
    guard facts.id == settings.environment else {
      throw RunError.wrongEnvironment(found: facts.id, expected: settings.environment)
    }
    let findings = checkEnvironment(evaluationEnvironment, .quick)
    if !findings.isEmpty { throw RunError.unsuitableEnvironment(findings: findings) }
    let agentSettings = try settings.agentSettings(observationSize: facts.observationSize, actionSize: facts.actionSize)
    agent = SoftActorCritic(
      agentSettings, seed: UInt64(bitPattern: Int64(settings.seed)),
      pool: WorkerPool(threads: min(settings.threads, SoftActorCritic<Float>.standardLanes)))
    actor = Actor(agent)
    evaluationActor = Actor(agent)
    ownExploration = exploration
    costSignal = try CostSignal(settings.cost, environment: settings.environment)
    replay = try Self.makeReplay(settings, facts, storesCosts: costSignal != nil)
    generators = RunGenerators(seed: settings.seed)
    episodeStart = generators.environment
    // Room for the usual episode: growing would be the one thing that a step asks memory for.
    episodeActions.reserveCapacity(min(facts.timeLimit ?? 1000, 1000) * facts.actionSize)
    action = [Float](repeating: 0, count: facts.actionSize)
    previousObservation = [Double](repeating: 0, count: facts.observationSize)

    try directory.prepare()
    lock = try RunLock(directory, warn: warn)
    if startsOver { try directory.removeFiles() }
    try directory.removeTemporaryFiles()
    if let file = try Self.openCheckpoint(settings, in: directory) {
      let checkpoint = try Checkpoint.read(from: file, into: agent)
      let differences = try Checkpoint.roundingDifferences(of: file)
      try file.close()
      curve = try LearningCurve.resume(
        at: directory.curve, rows: checkpoint.curveRows, layout: Self.layout(settings), attributes: attributes(settings)
      ) { try Self.requireSameRun(settings, $0) }
      replayFile = try ReplayFile.resume(at: directory.replay, rows: checkpoint.replayRows, into: replay) {
        try Self.requireSameRun(settings, $0)
      }
      if !differences.isEmpty {
        warn(
          "'\(directory.path)' goes on where numbers round otherwise (\(differences.joined(separator: "; "))): its end may differ "
            + "from an uninterrupted run's")
      }
      if try !resume(checkpoint) {
        if differences.isEmpty { throw RunError.environmentChanged(step: progress.step, path: directory.path) }
        warn("its episode at step \(progress.step) can not be taken again to the last bit here and is cut; replay.h5 does not say so")
        replay.cutNewest()
        try endEpisode()
        try beginEpisode()
      }
      if progress.bestReturn != nil && !FileManager.default.fileExists(atPath: directory.best) {
        warn("'\(directory.best)' is gone; the next evaluation's networks take its place")
        progress.bestReturn = nil
      }
      // The configuration may say more steps than the file did.
      try AtomicFile.replace(at: directory.config, with: settings.yaml)
    } else {
      try Self.requireNothingToLose(in: directory)
      try AtomicFile.replace(at: directory.config, with: settings.yaml)
      curve = try LearningCurve.create(
        at: directory.curve, layout: Self.layout(settings), attributes: attributes(settings))
      replayFile = try ReplayFile.create(
        at: directory.replay, observationSize: facts.observationSize, actionSize: facts.actionSize, storesCosts: costSignal != nil,
        attributes: attributes(settings))
      try beginEpisode()
      // From here on the directory holds a run: one without its checkpoint has lost it.
      try writeCheckpoint()
    }
  }

  /// Whether a directory holds a run of these settings with all steps taken; nothing is opened for writing.
  /// - Throws: as ``init(_:directory:startsOver:exploration:warn:makeEnvironment:)`` for a run of other settings or of more steps.
  public static func isFinished(_ settings: Settings, in directory: RunDirectory) throws -> Bool {
    let settings = try settings.resolved()
    guard let checkpoint = try openCheckpoint(settings, in: directory) else { return false }
    return try Checkpoint.step(of: checkpoint) == settings.steps && isClosed(directory.curve) && isClosed(directory.replay)
  }

  /// Whether a file is as its last writer meant to leave it: one killed after the last checkpoint left it marked as being written, for
  /// readers to stumble over, so that run is not finished. A file that the user took away is not missed.
  private static func isClosed(_ path: String) -> Bool {
    !FileManager.default.fileExists(atPath: path) || (try? HDF5File.open(at: path)) != nil
  }

  /// A directory's checkpoint, if it has one, once it is certain that a run of these settings can go on from it.
  /// - Throws: `HDF5Error`, ``RunError/settingsChanged(path:differences:)``, ``RunError/alreadyPast(path:done:asked:)``.
  private static func openCheckpoint(_ settings: Settings, in directory: RunDirectory) throws -> HDF5File? {
    guard FileManager.default.fileExists(atPath: directory.checkpoint) else { return nil }
    let file = try Checkpoint.open(at: directory.checkpoint)
    let differences = try differences(settings, from: file)
    if !differences.isEmpty { throw RunError.settingsChanged(path: directory.path, differences: differences) }
    let done = try Checkpoint.step(of: file)
    if done > settings.steps { throw RunError.alreadyPast(path: directory.path, done: done, asked: settings.steps) }
    return file
  }

  /// Whether all steps asked for have been taken.
  public var isFinished: Bool { progress.step >= settings.steps }

  /// Takes the steps that are left.
  /// - Throws: ``RunError/interrupted(signal:step:path:)`` after a stop request, everything saved;
  ///   ``RunError/diverged(_:step:path:)`` when learning diverged, ``RunError/recordingFailed(reason:savedStep:path:)`` when a file could
  ///   not be written, the last checkpoint intact; what the environment throws.
  public func run() throws {
    do {
      try takeRemainingSteps()
    } catch let error as AgentError {
      throw RunError.diverged(error, step: progress.step, path: directory.path)
    } catch let error as HDF5Error {
      throw RunError.recordingFailed(reason: "\(error)", savedStep: savedStep, path: directory.path)
    }
  }

  private func takeRemainingSteps() throws {
    clock = .now
    while !isFinished {
      try takeStep()
      try record()
      if checkpointRequest() { try outsideLoop { try writeCheckpoint() } }
      onStep?(self)
      if let signal = stopRequest(), !isFinished {
        try writeCheckpoint()
        try close()
        throw RunError.interrupted(signal: signal, step: progress.step, path: directory.path)
      }
    }
    try close()
  }

  // MARK: One step

  /// Algorithm 1, lines 4 to 10: act, store, learn.
  private func takeStep() throws {
    try chooseAction()
    let step = try reportingDivergence(at: progress.step + 1) { try environment.step(action) }
    progress.step += 1
    episodeActions.append(contentsOf: action)
    let cost = costSignal?.cost(of: step, action: action) ?? 0
    try requireFinite(step, cost: cost)
    progress.episode.add(reward: step.reward, cost: cost, gamma: settings.gamma)
    replay.append(
      observation: previousObservation, action: action, reward: step.reward, cost: cost,
      nextObservation: environment.observation,
      terminal: step.ending == .terminated, timeout: step.ending == .truncated)
    if replay.stepsTaken >= settings.updateAfter {
      replay.sample(into: agent.minibatch, using: &generators.replay)
      progress.updates.add(try agent.update())
    }
    progress.loopSteps += 1
    if step.ending != nil {
      try endEpisode()
      try beginEpisode()
    } else {
      keepObservation()
    }
  }

  private func reportingDivergence<Result>(at step: Int, _ simulate: () throws -> Result) throws -> Result {
    do {
      return try simulate()
    } catch let error as EnvironmentError {
      guard case .diverged = error else { throw error }
      throw RunError.simulationDiverged(reason: "\(error)", step: step, path: directory.path)
    }
  }

  /// NaN must not reach the replay buffer, whence it would come back in every update. A terminal state may be what was wrong.
  private func requireFinite(_ step: Step, cost: Double) throws {
    guard step.reward.isFinite else {
      throw RunError.notFinite(quantity: "reward", value: step.reward, step: progress.step, path: directory.path)
    }
    guard cost.isFinite else {
      throw RunError.notFinite(quantity: "cost", value: cost, step: progress.step, path: directory.path)
    }
    if step.ending == .terminated { return }
    for value in environment.observation where !value.isFinite {
      throw RunError.notFinite(quantity: "observation", value: value, step: progress.step, path: directory.path)
    }
  }

  private func chooseAction() throws {
    if progress.step < settings.warmupSteps {
      for index in action.indices { action[index] = Float(generators.exploration.uniform(-1, 1)) }
    } else if let ownExploration {
      let chosen = ownExploration.action(at: environment.observation, using: &generators.exploration)
      demand(chosen.count == action.count, "the exploration policy chose \(chosen.count) actions, \(action.count) expected")
      for (index, value) in chosen.enumerated() {
        // NaN too: it is within no range.
        guard (-1...1).contains(value) else { throw RunError.wrongAction(value: value, step: progress.step) }
        action[index] = value
      }
    } else {
      try actor.explore(environment.observation, into: &action, using: &generators.exploration)
      if let counts = actor.takeFilterCounts() {
        progress.filter.actions += counts.actions
        progress.filter.steps += counts.steps
        progress.filter.rejected += counts.rejected
      }
    }
  }

  private func beginEpisode() throws {
    episodeStart = generators.environment
    episodeActions.removeAll(keepingCapacity: true)
    progress.episode = EpisodeTotals()
    try environment.reset(using: &generators.environment)
    actor.beginEpisode(at: environment.observation)
    keepObservation()
  }

  private func endEpisode() throws {
    progress.lastReturn = progress.episode.totalReward
    try curve.appendEpisode(
      step: progress.step, return: progress.episode.totalReward, length: progress.episode.length,
      cost: progress.episode.cost, discountedCost: progress.episode.discountedCost)
    if let costSignal {
      agent.multiplier?.episodeEnded(
        constraintValue: costSignal.constraintValue(of: progress.episode, gamma: settings.gamma))
    }
  }

  /// Element by element: assigning the array would make the environment's next step copy it.
  private func keepObservation() {
    let observation = environment.observation
    for index in previousObservation.indices { previousObservation[index] = observation[index] }
  }

  // MARK: What is recorded

  private func record() throws {
    if isDue(settings.loggingInterval) { try recordUpdates() }
    if isDue(settings.evaluationInterval) { try outsideLoop { try evaluate() } }
    // Rows that memory is about to forget go to the file; they count once a checkpoint says so.
    if isDue(settings.checkpointInterval) {
      try outsideLoop { try writeCheckpoint() }
    } else if replay.stepsTaken - replayFile.rowCount == replay.capacity {
      try outsideLoop { try replayFile.append(newStepsOf: replay) }
    }
  }

  private func isDue(_ interval: Int) -> Bool { progress.step % interval == 0 || isFinished }

  /// Does work that the training loop's speed shall not count.
  private func outsideLoop(_ work: () throws -> Void) rethrows {
    stopClock()
    try work()
    progress.wallSeconds += seconds(from: clock)
    clock = .now
  }

  /// Adds the time since the clock was last read to the loop's.
  private func stopClock() {
    let elapsed = seconds(from: clock)
    clock = .now
    progress.loopSeconds += elapsed
    progress.wallSeconds += elapsed
  }

  private func recordUpdates() throws {
    stopClock()
    var values = progress.updates.means
    values["steps_per_second"] = Double(progress.loopSteps) / progress.loopSeconds
    if settings.constraint == .lyapunov {
      let filter = progress.filter
      values["leapfrog_steps"] = Double(filter.steps) / Double(filter.actions)
      values["discarded_share"] = Double(filter.rejected) / Double(filter.steps)
      progress.filter = FilterCounts()
    }
    try curve.appendUpdate(step: progress.step, values)
    try curve.flush()
    progress.updates = UpdateAverages()
    progress.loopSeconds = 0
    progress.loopSteps = 0
  }

  private func evaluate() throws {
    let evaluation = try reportingDivergence(at: progress.step) {
      try Evaluation.run(
        evaluationActor, in: evaluationEnvironment, episodes: settings.evaluationEpisodes, cost: costSignal, gamma: settings.gamma,
        using: &generators.evaluation)
    }
    try curve.appendEvaluation(
      step: progress.step, returns: evaluation.returns, lengths: evaluation.lengths, costs: evaluation.costs,
      discountedCosts: evaluation.discountedCosts, wallSeconds: progress.wallSeconds)
    try curve.flush()
    let mean = Statistics(evaluation.returns).mean
    evaluations.append((progress.step, mean, costSignal == nil ? nil : Statistics(evaluation.discountedCosts).mean))
    if mean > progress.bestReturn ?? -.infinity {
      progress.bestReturn = mean
      try lock.requireHeld()
      try HDF5File.replace(at: directory.best) { file in
        try file.setFormatVersion(Checkpoint.formatVersion)
        try file.setAttribute("configuration", settings.yaml)
        try file.setAttribute("step", progress.step)
        try file.setAttribute("return_mean", mean)
        try NetworkFile.write(agent, settings: settings, to: file)
      }
    }
  }

  // MARK: Stopping and going on

  private func writeCheckpoint() throws {
    try lock.requireHeld()
    for (name, parameters) in agent.networks.all where !parameters.values.isFinite() {
      throw AgentError.diverged(quantity: "network '\(name)'", value: .nan)
    }
    try replayFile.append(newStepsOf: replay)
    try replayFile.synchronize()
    try curve.synchronize()
    let checkpoint = Checkpoint(
      progress: progress, generators: generators, episodeStart: episodeStart, episodeActions: episodeActions,
      curveRows: curve.rowCounts, replayRows: replayFile.rowCount, configuration: settings.yaml)
    try checkpoint.write(agent, settings: settings, to: directory.checkpoint)
    savedStep = progress.step
  }

  /// Takes a checkpoint up: the episode in progress is replayed, so that the simulator is where it was.
  /// - Returns: whether the episode came to where it was.
  private func resume(_ checkpoint: Checkpoint) throws -> Bool {
    guard checkpoint.replayRows == checkpoint.progress.step else {
      throw CheckpointError.wrongSize(
        object: "/rows replay", found: checkpoint.replayRows, expected: checkpoint.progress.step, file: directory.checkpoint)
    }
    generators = checkpoint.generators
    episodeStart = checkpoint.episodeStart
    episodeActions.append(contentsOf: checkpoint.episodeActions)
    progress = checkpoint.progress
    savedStep = progress.step
    var generator = episodeStart
    try environment.reset(using: &generator)
    actor.beginEpisode(at: environment.observation)
    var isSame = true
    for start in stride(from: 0, to: episodeActions.count, by: action.count) where isSame {
      for index in action.indices { action[index] = episodeActions[start + index] }
      isSame = try environment.step(action).ending == nil
    }
    if isSame && !episodeActions.isEmpty {
      isSame = replay.newestObservationIs(environment.observation)
    }
    keepObservation()
    return isSame
  }

  private func close() throws {
    try curve.close()
    try replayFile.close()
  }

  /// `curve.h5` and `replay.h5` may have been replaced by another run's.
  private static func requireSameRun(_ settings: Settings, _ file: HDF5File) throws {
    let differences = try differences(settings, from: file)
    if !differences.isEmpty { throw RunError.foreignFile(file: file.filePath, differences: differences) }
  }

  /// The settings that differ from those a file was written under. A run may be continued with another number of steps or threads;
  /// anything else would make it another run.
  private static func differences(_ settings: Settings, from file: HDF5File) throws -> [String] {
    let mayChange = ["steps", "threads"]
    func entries(_ yaml: String) -> [String: String] {
      var entries: [String: String] = [:]
      for line in yaml.split(separator: "\n") {
        guard let colon = line.firstIndex(of: ":") else { continue }
        entries[String(line[..<colon])] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      }
      return entries
    }
    let (before, now) = (entries(try file.attribute("configuration")), entries(settings.yaml))
    return Set(before.keys).union(now.keys).subtracting(mayChange).sorted()
      .filter { before[$0] != now[$0] }
      .map { "\($0): \(before[$0] ?? "absent") there, \(now[$0] ?? "absent") now" }
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

  private static func layout(_ settings: Settings) -> LearningCurve.Layout {
    LearningCurve.Layout(
      evaluationEpisodes: settings.evaluationEpisodes,
      updateScalars: UpdateAverages.names.filter { settings.constraint != .none || !UpdateAverages.safeNames.contains($0) }
        + ["steps_per_second"] + (settings.constraint == .lyapunov ? ["leapfrog_steps", "discarded_share"] : []),
      storesCosts: settings.cost != .none)
  }
}

/// What curve and replay files say of their origin.
private func attributes(_ settings: Settings) -> (HDF5File) throws -> Void {
  { file in
    try file.setAttribute("environment", settings.environment)
    try file.setAttribute("algorithm", settings.algorithm.rawValue)
    try file.setAttribute("seed", settings.seed)
    try file.setAttribute("threads", settings.threads)
    try file.setAttribute("configuration", settings.yaml)
    try file.setAttribute("host", ProcessInfo.processInfo.hostName)
    for (name, version) in Versions.all { try file.setAttribute(name, version) }
  }
}

private func seconds(from start: ContinuousClock.Instant) -> Double {
  let elapsed = (ContinuousClock.now - start).components
  return Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
}
