import Configuration
import HDF5
import Records
import TestSupport
import Testing
import Training

/// `replay.h5` as loaders of D4RL datasets read it.
@Suite struct OfflineDatasetTests {
  private struct Transition: Equatable {
    var observation: [Float]
    var action: [Float]
    var reward: Float
    var nextObservation: [Float]
    var terminal: Bool
  }

  /// - Source: `qlearning_dataset` of D4RL's `d4rl/__init__.py` (github.com/Farama-Foundation/D4RL): row i with row i + 1's observation
  ///   as the next one, rows with `timeouts` left out.
  private func qLearningDataset(_ path: String) throws -> [Transition] {
    let file = try HDF5File.open(at: path)
    let (observations, actions) = (try rows("observations", of: file), try rows("actions", of: file))
    let rewards: [Float] = try file.read("rewards")
    let terminals: [Bool] = try file.read("terminals"), timeouts: [Bool] = try file.read("timeouts")
    var dataset: [Transition] = []
    for i in 0..<rewards.count - 1 {
      if timeouts[i] { continue }
      dataset.append(
        Transition(
          observation: observations[i], action: actions[i], reward: rewards[i], nextObservation: observations[i + 1],
          terminal: terminals[i]))
    }
    return dataset
  }

  private func rows(_ name: String, of file: HDF5File) throws -> [[Float]] {
    let width = try file.dataset(name).shape[1]
    let values: [Float] = try file.read(name)
    return stride(from: 0, to: values.count, by: width).map { Array(values[$0..<$0 + width]) }
  }

  @Test func `D4RL's rules yield every stored transition but the timeouts and the last, with its own next observation`() throws {
    let folder = try TemporaryFolder()
    var settings = Settings(environment: "PointMass-v0", algorithm: .sacHPO)
    settings.steps = 700
    settings.warmupSteps = 500
    settings.updateAfter = 600
    settings.batchSize = 8
    settings.hiddenSize = 8
    settings.checkpointInterval = 90
    settings.evaluationEpisodes = 1
    let directory = RunDirectory(path: "\(folder.path)/run")
    try TrainingRun(settings, directory: directory) { PointMass() }.run()

    let file = try HDF5File.open(at: directory.replay)
    let (observations, actions) = (try rows("observations", of: file), try rows("actions", of: file))
    let next = try rows("next_observations", of: file)
    let rewards: [Float] = try file.read("rewards")
    let terminals: [Bool] = try file.read("terminals"), timeouts: [Bool] = try file.read("timeouts")
    try #require(rewards.count == 700 && terminals.contains(true) && timeouts.contains(true))
    let kept = (0..<699).filter { !timeouts[$0] }
    let dataset = try qLearningDataset(directory.replay)
    try #require(dataset.count == kept.count)
    for (transition, i) in zip(dataset, kept) {
      #expect(transition.observation == observations[i] && transition.action == actions[i])
      #expect(transition.reward == rewards[i] && transition.terminal == terminals[i])
      // After a terminal row D4RL's is the next episode's start, which no target uses.
      #expect((transition.nextObservation == next[i]) == !terminals[i])
    }
  }
}
