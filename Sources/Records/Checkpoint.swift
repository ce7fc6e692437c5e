import Agents
import Configuration
import Experience
import Foundation
import Gym
import HDF5
import LinearAlgebra
import Random

/// `checkpoint.h5`: everything a run needs to go on bit for bit, and how many rows of the other files belong to it. Replaced as a
/// whole, it is the commit point.
package struct Checkpoint {
  package var progress: RunProgress
  package var generators: RunGenerators
  /// The environment's generator as it was before the last reset, and the actions since: they replay the episode, so no
  /// simulator's state needs storing.
  package var episodeStart: SeededGenerator
  package var episodeActions: [Float]
  package var curveRows: LearningCurve.RowCounts
  package var replayRows: Int
  /// The settings as YAML.
  package var configuration: String
  /// What the run learns from without acting.
  package var dataset: OfflineDataset.Identity?

  package init(
    progress: RunProgress, generators: RunGenerators, episodeStart: SeededGenerator, episodeActions: [Float],
    curveRows: LearningCurve.RowCounts, replayRows: Int, configuration: String, dataset: OfflineDataset.Identity? = nil
  ) {
    self.progress = progress
    self.generators = generators
    self.episodeStart = episodeStart
    self.episodeActions = episodeActions
    self.curveRows = curveRows
    self.replayRows = replayRows
    self.configuration = configuration
    self.dataset = dataset
  }

  /// Also of `best.h5`, which has the same networks.
  package static let formatVersion = 1

  /// Writes the checkpoint, agent included.
  /// - Parameter acting: what the exploring actor says of its actions.
  /// - Throws: `HDF5Error`; the old checkpoint is then intact.
  package func write(
    _ agent: any Agent<Float>, acting: [ActingScalar], settings: Settings, facts: EnvironmentSpecification, to path: String
  ) throws {
    try HDF5File.replace(at: path) { file in
      try NetworkFile.write(agent, settings: settings, facts: facts, configuration: configuration, to: file)
      try dataset?.write(to: file)
      for item in agent.state { try file.write(item) }
      try writeProgress(acting, to: file)
      let random = try file.childNames.contains("random") ? file.group("random") : file.createGroup("random")
      for (name, generator) in generators.named { try random.write(name, generator) }
      let episode = try file.createGroup("episode")
      try episode.write("start", episodeStart)
      try episode.write("actions", episodeActions)
    }
  }

  /// Opens a checkpoint, or a `best.h5`, to look at it or to ``read(from:into:)`` it.
  /// - Throws: `HDF5Error`, `WrongFormatVersion`.
  package static func open(at path: String) throws -> HDF5File {
    let file = try HDF5File.open(at: path)
    try file.requireFormatVersion(formatVersion)
    return file
  }

  /// Reads an open checkpoint back into an agent made from the same settings.
  package static func read(from file: HDF5File, into agent: any Agent<Float>, acting: [ActingScalar]) throws -> Checkpoint {
    try NetworkFile.read(into: agent, from: file)
    for item in agent.state { try file.read(item) }
    let random = try file.group("random")
    let episode = try file.group("episode")
    let progress = try readProgress(from: file, names: agent.report.names, acting)
    let actions: [Float] = try episode.read("actions", shape: [nil])
    let expected = progress.episode.length * agent.settings.actionSize
    guard actions.count == expected else {
      throw CheckpointError.wrongSize(object: "/episode/actions", found: actions.count, expected: expected, file: file.filePath)
    }
    let rows = try file.group("rows")
    return Checkpoint(
      progress: progress, generators: try RunGenerators(reading: random), episodeStart: try episode.generator("start"),
      episodeActions: actions,
      curveRows: LearningCurve.RowCounts(
        evaluation: try rows.count("evaluation"), episode: try rows.count("episode"), update: try rows.count("update")),
      replayRows: try rows.count("replay"), configuration: try file.attribute("configuration"),
      dataset: try OfflineDataset.Identity(of: file))
  }

  /// Environment steps taken at a checkpoint.
  package static func step(of file: HDF5File) throws -> Int { try file.group("progress").count("step") }

  /// What a checkpoint was computed with that may round otherwise here: `openblas_version OpenBLAS 0.3.21 (Haswell) there, …`. What an
  /// earlier program did not record is another's.
  /// - Parameter libraries: what the environment computes with here.
  package static func roundingDifferences(of file: HDF5File, _ libraries: [LibraryVersion]) throws -> [String] {
    var differences: [String] = []
    var absent: [String] = []
    for library in Versions.rounding(libraries) {
      guard try file.attributeExists(library.name) else {
        absent.append(library.name)
        continue
      }
      let before: String = try file.attribute(library.name)
      if before != library.version { differences.append("\(library.name) \(before) there, \(library.version) here") }
    }
    return absent.isEmpty ? differences : differences + ["\(absent.joined(separator: ", ")) not recorded there"]
  }

  private func writeProgress(_ acting: [ActingScalar], to file: HDF5File) throws {
    let group = try file.createGroup("progress")
    try group.setAttribute("step", progress.step)
    try group.setAttribute("best_return", progress.bestReturn ?? .nan)
    try group.setAttribute("last_return", progress.lastReturn ?? .nan)
    try group.setAttribute("wall_seconds", progress.wallSeconds)
    try group.setAttribute("loop_seconds", progress.loopSeconds)
    try group.setAttribute("loop_steps", progress.loopSteps)
    try group.setAttribute("update_count", progress.updates.count)
    let updates = try group.createGroup("updates")
    for (name, sum) in zip(progress.updates.names, progress.updates.sums) { try updates.write(name, [sum]) }
    let actions = try group.createGroup("acting")
    for scalar in acting { try actions.write(scalar.name, [scalar.sum, scalar.count]) }
    let episode = progress.episode
    try group.setAttribute("episode_length", episode.length)
    try group.write(
      "episode", [episode.totalReward, episode.cost, episode.discountedCost, episode.nextDiscount])
    let rows = try file.createGroup("rows")
    try rows.setAttribute("evaluation", curveRows.evaluation)
    try rows.setAttribute("episode", curveRows.episode)
    try rows.setAttribute("update", curveRows.update)
    try rows.setAttribute("replay", replayRows)
  }

  private static func readProgress(from file: HDF5File, names: [String], _ acting: [ActingScalar]) throws -> RunProgress {
    let group = try file.group("progress")
    var progress = RunProgress(updateScalars: names)
    progress.step = try group.count("step")
    let best: Double = try group.attribute("best_return")
    progress.bestReturn = best.isNaN ? nil : best
    let last: Double = try group.attribute("last_return")
    progress.lastReturn = last.isNaN ? nil : last
    progress.wallSeconds = try group.attribute("wall_seconds")
    progress.loopSeconds = try group.attribute("loop_seconds")
    progress.loopSteps = try group.count("loop_steps")
    progress.updates = UpdateAverages(
      names: names, count: try group.count("update_count"), sums: try updateSums(in: group, names: names))
    try readActing(acting, from: group)
    let totals: [Double] = try group.read("episode", shape: [4])
    progress.episode = EpisodeTotals(
      totalReward: totals[0], length: try group.count("episode_length"), cost: totals[1], discountedCost: totals[2],
      discount: totals[3])
    return progress
  }

  /// Sums of update scalars by name. One that the file does not know has no sum of its row so far: NaN, which its mean will be.
  private static func updateSums(in progress: Group, names: [String]) throws -> [Double] {
    if try progress.childNames.contains("updates") {
      let group = try progress.group("updates")
      let present = Set(try group.childNames)
      return try names.map { name in
        let sums: [Double] = try present.contains(name) ? group.read(name, shape: [1]) : [.nan]
        return sums[0]
      }
    }
    // As files had them at first: by position.
    let known = [
      "critic_loss", "policy_loss", "alpha", "log_prob", "q_mean", "momentum_norm", "gate_mean", "cost_critic_loss", "lambda",
    ]
    let sums: [Double] = try progress.read("update_sums", shape: [known.count])
    return names.map { name in known.firstIndex(of: name).map { sums[$0] } ?? .nan }
  }

  private static func readActing(_ scalars: [ActingScalar], from progress: Group) throws {
    if try progress.childNames.contains("acting") {
      let group = try progress.group("acting")
      for scalar in scalars where try group.childNames.contains(scalar.name) {
        let values: [Double] = try group.read(scalar.name, shape: [2])
        scalar.reset(sum: values[0], count: values[1])
      }
      return
    }
    // As files had them at first: what Algorithm 3 counted.
    let (actions, steps) = (try progress.count("filter_actions"), try progress.count("filter_steps"))
    let rejected = try progress.count("filter_rejected")
    let known = ["leapfrog_steps": (steps, actions), "discarded_share": (rejected, steps)]
    for scalar in scalars {
      if let (sum, count) = known[scalar.name] { scalar.reset(sum: Double(sum), count: Double(count)) }
    }
  }
}

/// The generators of a run, besides the agent's.
package struct RunGenerators: Equatable {
  package var environment: SeededGenerator
  package var exploration: SeededGenerator
  package var replay: SeededGenerator
  package var evaluation: SeededGenerator

  package init(seed: Int) {
    func stream(_ purpose: RandomStream) -> SeededGenerator {
      SeededGenerator(seed: UInt64(bitPattern: Int64(seed)), stream: purpose.rawValue)
    }
    environment = stream(.environment)
    exploration = stream(.exploration)
    replay = stream(.replay)
    evaluation = stream(.evaluation)
  }

  package init(reading group: Group) throws {
    environment = try group.generator("environment")
    exploration = try group.generator("exploration")
    replay = try group.generator("replay")
    evaluation = try group.generator("evaluation")
  }

  package var named: [(name: String, generator: SeededGenerator)] {
    [("environment", environment), ("exploration", exploration), ("replay", replay), ("evaluation", evaluation)]
  }
}
