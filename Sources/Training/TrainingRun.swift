import Agents
import Configuration
import Experience
import Foundation
import Gym
import HDF5
import LinearAlgebra
import Random
import Records
import SettingDeclarations
import Support

/// One run: an agent learning a task, recorded in a directory, to be stopped and continued at any step.
public final class TrainingRun {
  /// All in force; they do not change.
  public var settings: Settings { state.settings }
  /// Where the run records itself.
  public var directory: RunDirectory { state.directory }
  /// Tells the run's observer, if any, how it goes; called after every step.
  public var onStep: ((TrainingRun) -> Void)?
  /// Asked after every step; a signal ends the run with a checkpoint.
  public var stopRequest: () -> StopSignal? = { nil }
  /// Asked after every step; true writes a checkpoint, and the run goes on.
  public var checkpointRequest: () -> Bool = { false }

  /// Those of this process, oldest first: environment steps taken, mean undiscounted return, and mean discounted cost where the run
  /// records a cost.
  public var evaluations: [(step: Int, meanReturn: Double, meanDiscountedCost: Double?)] { evaluation.results }
  /// Environment steps taken, by earlier processes included.
  public var stepsTaken: Int { state.progress.step }
  /// Return of the last finished training episode.
  public var lastReturn: Double? { state.progress.lastReturn }
  /// λ of a safe agent.
  public var multiplier: Double? { state.agent.networkAttribute("lambda") }

  private let state: RunState
  private let environment: TimeLimit
  /// The task itself, where its simulator's state is recorded.
  private let recordedTask: (any ReplayableEnvironment)?
  private let ownExploration: (any ExplorationPolicy)?
  private let cost: SafetyCost?
  private let evaluation: RegularEvaluation
  /// What happens after a step, in this order.
  private let parts: [any RunPart]
  private var action: [Float]
  private var previousObservation: [Double]
  /// Set where the run let go of its files.
  private var hasEnded = false

  /// Opens the run of these settings: a new one, or where its checkpoint left it.
  /// - Parameters:
  ///   - makeEnvironment: makes the task; called twice, for training and for evaluation.
  ///   - startsOver: discards what is there.
  ///   - exploration: explores in the agent's place. The run's files do not know it: give the same one to go on.
  ///   - warn: told what the user should know but need not act on.
  /// - Throws: `SettingsError` for settings that make no sense together, however they were made; `RunError`, `HDF5Error` and
  ///   `CheckpointError` for what the directory holds; what making the environment throws.
  public init(
    _ settings: Settings, directory: RunDirectory, startsOver: Bool = false,
    exploration: (any ExplorationPolicy)? = nil, warn: (String) -> Void = { _ in },
    makeEnvironment: () throws -> any Environment
  ) throws {
    // What needs no environment first: making one may take its time.
    _ = try settings.resolved(for: nil)
    environment = TimeLimit(try makeEnvironment())
    let evaluationEnvironment = TimeLimit(try makeEnvironment())
    let facts = environment.specification
    guard facts.id == settings.environment else {
      throw RunError.wrongEnvironment(found: facts.id, expected: settings.environment)
    }
    let findings = checkEnvironment(evaluationEnvironment, .quick)
    if !findings.isEmpty { throw RunError.unsuitableEnvironment(findings: findings) }
    let settings = try settings.resolved(for: facts.costs)
    let agentSettings = try settings.agentSettings(for: facts)
    let agent = makeAgent(
      agentSettings, seed: UInt64(bitPattern: Int64(settings.seed)),
      pool: WorkerPool(threads: settings.threadsInUse))
    try Self.requireOtherSources(settings, directory)
    if startsOver || !FileManager.default.fileExists(atPath: directory.checkpoint) {
      try Self.beginWithNetworks(of: settings, agent, warn: warn)
    }
    recordedTask = settings.recordState ? try Self.recordable(environment.environment) : nil
    ownExploration = exploration
    cost = try settings.safetyCost(among: facts.costs)
    evaluation = RegularEvaluation(evaluationEnvironment, agent.makeActor(), cost)
    parts = [UpdateLog(), evaluation, Snapshots(), Checkpoints()]
    action = [Float](repeating: 0, count: facts.actionSize)
    previousObservation = [Double](repeating: 0, count: facts.observationSize)
    let (state, checkpoint) = try RunState.open(
      settings, directory, facts, agent, infos: recordedTask.map { $0.replayedState.map { ($0.name, $0.values.count) } } ?? [],
      startsOver: startsOver, warn: warn)
    self.state = state
    if state.dataset == nil && settings.updateAfter > settings.steps {
      warn("update_after \(settings.updateAfter) is more than the \(settings.steps) steps: the run ends without one update")
    }
    // Room for the usual episode: growing would be the one thing that a step asks memory for.
    state.episodeActions.reserveCapacity(min(facts.timeLimit ?? 1000, 1000) * facts.actionSize)
    if let checkpoint {
      try goOn(from: checkpoint.state, roundsAlike: checkpoint.roundsAlike, warn: warn)
      // It may say more steps than the file did.
      try AtomicFile.replace(at: directory.config, with: settings.yaml)
    } else {
      if state.dataset == nil { try beginEpisode() }
      // From here on the directory holds a run: one without its checkpoint has lost it.
      try state.writeCheckpoint()
    }
  }

  /// A run that starts over would remove what it begins with.
  private static func requireOtherSources(_ settings: Settings, _ directory: RunDirectory) throws {
    let own = NamedPath(settingText: directory.path)?.path ?? directory.path
    for (key, source) in [("from_replay", settings.fromReplay.path), ("init_from", settings.initFrom.path)] {
      guard let source else { continue }
      if source == own || source.hasPrefix(own + "/") { throw RunError.ownSource(path: directory.path, key: key) }
    }
  }

  /// Takes over another run's networks; optimisers, temperature and multiplier begin anew.
  private static func beginWithNetworks(of settings: Settings, _ agent: any Agent<Float>, warn: (String) -> Void) throws {
    guard let source = settings.initFrom.path else { return }
    let path = try TrainedPolicy.networkFile(source)
    let file = try Checkpoint.open(at: path)
    let missing = try NetworkFile.adopt(into: agent, from: file)
    guard missing.count < agent.networks.count else {
      throw NetworksDoNotFit(file: path, reason: "it has none of \(missing.map { "'\($0)'" }.joined(separator: ", "))")
    }
    guard !missing.isEmpty else { return }
    let networks = try file.group("networks")
    let algorithm: String = try networks.attributeExists("algorithm") ? networks.attribute("algorithm") : "another algorithm"
    warn("'\(path)' is of \(algorithm) and has no \(missing.map { "'\($0)'" }.joined(separator: ", ")): these begin anew")
  }

  private static func recordable(_ environment: any Environment) throws -> any ReplayableEnvironment {
    guard let task = environment as? any ReplayableEnvironment, task.startIsState else {
      throw SettingsError.contradiction("record_state needs a simulator whose state can be told; \(environment.specification.id) has none")
    }
    return task
  }

  /// Whether a directory holds a run of these settings with all steps taken; nothing is opened for writing.
  /// - Throws: as ``init(_:directory:startsOver:exploration:warn:makeEnvironment:)`` for a run of other settings or of more steps.
  public static func isFinished(_ settings: Settings, in directory: RunDirectory) throws -> Bool {
    try RunState.isFinished(try settings.resolved(for: nil), in: directory)
  }

  /// Whether all steps asked for have been taken.
  public var isFinished: Bool { state.isFinished }

  /// Takes the steps that are left; none where the run is finished.
  /// - Throws: `RunError.interrupted(signal:step:path:)` after a stop request, everything saved, and
  ///   `RunError.ended(step:path:)` when it is to run once more after that; `RunError.diverged(_:step:path:)` when learning diverged,
  ///   `RunError.recordingFailed(reason:savedStep:path:)` when a file could not be written, the last checkpoint intact; what the
  ///   environment throws.
  public func run() throws {
    if hasEnded {
      if isFinished { return }
      throw RunError.ended(step: stepsTaken, path: directory.path)
    }
    do {
      try takeRemainingSteps()
    } catch let error as AgentError {
      throw RunError.diverged(error, step: stepsTaken, path: directory.path)
    } catch let error as HDF5Error {
      throw RunError.recordingFailed(reason: "\(error)", savedStep: state.savedStep, path: directory.path)
    }
  }

  private func takeRemainingSteps() throws {
    // Whatever ends it: what was not saved is not to be gone on with.
    defer { hasEnded = true }
    state.startClock()
    while !isFinished {
      try takeStep()
      for part in parts { try part.stepTaken(state) }
      if checkpointRequest() { try state.outsideLoop { try state.writeCheckpoint() } }
      onStep?(self)
      if let signal = stopRequest(), !isFinished {
        try state.writeCheckpoint()
        try state.closeFiles()
        throw RunError.interrupted(signal: signal, step: stepsTaken, path: directory.path)
      }
    }
    try state.closeFiles()
  }

  // MARK: One step

  /// Algorithm 1, lines 4 to 10: act, store, learn. From recorded data it is an update alone.
  private func takeStep() throws {
    if state.dataset != nil {
      state.progress.step += 1
      try update()
      state.progress.loopSteps += 1
      return
    }
    try chooseAction()
    if let recordedTask { state.replayFile.note(recordedTask.replayedState.map(\.values)) }
    let step = try state.reportingDivergence(at: stepsTaken + 1) { try environment.step(action) }
    state.progress.step += 1
    state.episodeActions.append(contentsOf: action)
    let cost = cost?.cost(of: step, action: action) ?? 0
    try requireFinite(step, cost: cost)
    state.progress.episode.add(reward: step.reward, cost: cost, gamma: settings.gamma)
    state.replay.append(
      observation: previousObservation, action: action, reward: step.reward, cost: cost,
      nextObservation: environment.observation,
      terminal: step.ending == .terminated, timeout: step.ending == .truncated)
    if state.replay.stepsTaken >= settings.updateAfter {
      for _ in 0..<settings.updatesPerStep { try update() }
    }
    state.progress.loopSteps += 1
    if step.ending != nil {
      try endEpisode()
      try beginEpisode()
    } else {
      keepObservation()
    }
  }

  private func update() throws {
    state.replay.sample(into: state.agent.minibatch, using: &state.generators.replay)
    try state.agent.update()
    state.progress.updates.add(state.agent.report)
  }

  /// What single precision does not hold must not reach the replay buffer, whence it would come back in every update. A terminal state
  /// may be what was wrong.
  private func requireFinite(_ step: Step, cost: Double) throws {
    guard step.reward.isStorable else {
      throw RunError.notFinite(quantity: "reward", value: step.reward, step: stepsTaken, path: directory.path)
    }
    guard cost.isStorable else {
      throw RunError.notFinite(quantity: "cost", value: cost, step: stepsTaken, path: directory.path)
    }
    if step.ending == .terminated { return }
    for value in environment.observation where !value.isStorable {
      throw RunError.notFinite(quantity: "observation", value: value, step: stepsTaken, path: directory.path)
    }
  }

  private func chooseAction() throws {
    if stepsTaken < settings.warmupSteps {
      for index in action.indices { action[index] = Float(state.generators.exploration.uniform(-1, 1)) }
    } else if let ownExploration {
      let chosen = ownExploration.action(at: environment.observation, using: &state.generators.exploration)
      demand(chosen.count == action.count, "the exploration policy chose \(chosen.count) actions, \(action.count) expected")
      for (index, value) in chosen.enumerated() {
        // NaN too: it is within no range.
        guard (-1...1).contains(value) else { throw RunError.wrongAction(value: value, step: stepsTaken) }
        action[index] = value
      }
    } else {
      try state.actor.explore(environment.observation, into: &action, using: &state.generators.exploration)
    }
  }

  private func beginEpisode() throws {
    state.episodeStart = state.generators.environment
    state.episodeActions.removeAll(keepingCapacity: true)
    state.progress.episode = EpisodeTotals()
    try environment.reset(using: &state.generators.environment)
    state.actor.beginEpisode(at: environment.observation)
    keepObservation()
  }

  private func endEpisode() throws {
    let episode = state.progress.episode
    state.progress.lastReturn = episode.totalReward
    try state.curve.appendEpisode(
      step: stepsTaken, return: episode.totalReward, length: episode.length, cost: episode.cost,
      discountedCost: episode.discountedCost)
    state.agent.episodeEnded(
      EpisodeSummary(
        totalReward: episode.totalReward, length: episode.length, cost: episode.cost, discountedCost: episode.discountedCost,
        beganRandomly: stepsTaken - episode.length < settings.warmupSteps))
  }

  /// Element by element: assigning the array would make the environment's next step copy it.
  private func keepObservation() {
    let observation = environment.observation
    for index in previousObservation.indices { previousObservation[index] = observation[index] }
  }

  // MARK: Going on

  /// Takes a checkpoint up: the episode in progress is taken again, so that the simulator is where it was.
  private func goOn(from checkpoint: Checkpoint, roundsAlike: Bool, warn: (String) -> Void) throws {
    state.takeUp(checkpoint)
    if state.dataset != nil { return }
    if try !retakeEpisode() {
      if roundsAlike { throw RunError.environmentChanged(step: stepsTaken, path: directory.path) }
      warn("its episode at step \(stepsTaken) cannot be taken again to the last bit here and is cut: a timeout in replay.h5")
      // Abandoned, not finished: no row of /episode, nothing that the agent's constraint counts.
      state.replay.cutNewest()
      try state.replayFile.cutNewest()
      try beginEpisode()
    }
  }

  /// - Returns: whether the episode came to where it was.
  private func retakeEpisode() throws -> Bool {
    var generator = state.episodeStart
    try environment.reset(using: &generator)
    state.actor.beginEpisode(at: environment.observation)
    var isSame = true
    for start in stride(from: 0, to: state.episodeActions.count, by: action.count) where isSame {
      for index in action.indices { action[index] = state.episodeActions[start + index] }
      isSame = try environment.step(action).ending == nil
    }
    if isSame && !state.episodeActions.isEmpty { isSame = state.replay.newestObservationIs(environment.observation) }
    keepObservation()
    return isSame
  }
}
