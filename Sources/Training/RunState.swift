import Agents
import Configuration
import Experience
import Gym
import Random
import Records
import Support

/// What the parts of a run share: its files, its agent, and what moves from step to step.
final class RunState {
  let settings: Settings
  let directory: RunDirectory
  /// What the environment says of itself.
  let facts: EnvironmentSpecification
  let agent: any Agent<Float>
  /// What explores.
  let actor: ActingPolicy<Float>
  let replay: ReplayBuffer
  let lock: RunLock
  let curve: LearningCurve
  let replayFile: ReplayFile
  /// Which data ``replay`` holds where the run learns from what was recorded before; `nil` where it acts.
  let dataset: OfflineDataset.Identity?
  var generators: RunGenerators
  var progress: RunProgress
  /// The environment's generator as it was before the last reset, and the actions since.
  var episodeStart: SeededGenerator
  var episodeActions: [Float] = []
  /// The step of the last checkpoint.
  var savedStep = 0
  private var clock = ContinuousClock.now

  init(
    _ settings: Settings, _ directory: RunDirectory, _ facts: EnvironmentSpecification, _ agent: any Agent<Float>,
    _ actor: ActingPolicy<Float>, _ replay: ReplayBuffer, _ lock: RunLock, _ curve: LearningCurve, _ replayFile: ReplayFile,
    _ dataset: OfflineDataset.Identity?
  ) {
    self.settings = settings
    self.directory = directory
    self.facts = facts
    self.agent = agent
    self.actor = actor
    self.replay = replay
    self.lock = lock
    self.curve = curve
    self.replayFile = replayFile
    self.dataset = dataset
    generators = RunGenerators(seed: settings.seed)
    episodeStart = generators.environment
    progress = RunProgress(updateScalars: agent.report.names)
  }

  /// Whether all steps asked for have been taken.
  var isFinished: Bool { progress.step >= settings.steps }

  /// Whether something that happens every so many steps, and at the last one, happens now.
  func isDue(every interval: Int) -> Bool { progress.step % interval == 0 || isFinished }

  // MARK: Time

  /// Begins to count the time of the training loop.
  func startClock() { clock = .now }

  /// Adds the time since the clock was last read to the loop's.
  func stopClock() {
    let elapsed = seconds(since: clock)
    clock = .now
    progress.loopSeconds += elapsed
    progress.wallSeconds += elapsed
  }

  /// Does work that the training loop's speed shall not count.
  func outsideLoop(_ work: () throws -> Void) rethrows {
    stopClock()
    try work()
    progress.wallSeconds += seconds(since: clock)
    clock = .now
  }

  // MARK: Files

  func closeFiles() throws {
    try curve.close()
    try replayFile.close()
  }
}

/// Something that a run does besides learning: when it is due is its own business.
protocol RunPart {
  /// Called after every step.
  func stepTaken(_ run: RunState) throws
}
