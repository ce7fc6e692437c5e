import Gym
import HDF5
import Support
import Training

/// Writes episodes as `hpo rollout` reads them, with what they brought beside: groups `episode_<i>` with what their start consisted of,
/// `actions` [T, d] float32 in the environment's own units, `observations` [T+1, n], `rewards` [T] and `terminated` [T]. Replayed,
/// they give the same numbers bit for bit.
public final class TrajectoryRecorder: EpisodeObserver {
  private let environment: any ReplayableEnvironment
  private let file: HDF5File
  private var number = 0
  private var start: [[Double]] = []
  private var actions: [Float] = []
  private var observations: [Double] = []
  private var rewards: [Double] = []
  private var terminated: [Double] = []

  /// Records what `play` does.
  /// - Parameters:
  ///   - environment: the task itself, whatever is wrapped around it.
  ///   - output: replaced as a whole, once `play` has returned.
  /// - Throws: ``RolloutError/notReplayable(environment:)``, `HDF5Error`; what `play` throws.
  public static func record<Result>(
    _ environment: any Environment, to output: String, _ play: (TrajectoryRecorder) throws -> Result
  ) throws -> Result {
    guard let replayable = environment as? any ReplayableEnvironment else {
      throw RolloutError.notReplayable(environment: environment.specification.id)
    }
    var result: Result?
    try HDF5File.replace(at: output) { file in
      try file.setAttribute("environment", environment.specification.id)
      result = try play(TrajectoryRecorder(replayable, file))
    }
    guard let result else { trap("nothing was recorded") }
    return result
  }

  private init(_ environment: any ReplayableEnvironment, _ file: HDF5File) {
    self.environment = environment
    self.file = file
  }

  public func episodeBegan() {
    start = environment.start
    (actions, rewards, terminated) = ([], [], [])
    observations = environment.observation
  }

  public func stepTaken(_ action: [Float], _ step: Step) {
    actions += environment.controls(for: action)
    observations += environment.observation
    rewards.append(step.reward)
    terminated.append(step.ending == .terminated ? 1 : 0)
  }

  public func episodeEnded() throws {
    if !environment.startIsState { start = environment.start }
    let facts = environment.specification
    let group = try file.createGroup("episode_\(number)")
    for (quantity, values) in zip(environment.startQuantities, start) { try group.write(quantity.name, values) }
    try group.write("actions", actions, shape: [rewards.count, facts.actionSize])
    try group.write("observations", observations, shape: [rewards.count + 1, facts.observationSize])
    try group.write("rewards", rewards)
    try group.write("terminated", terminated)
    number += 1
  }
}
