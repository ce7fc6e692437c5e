import Agents
import Experience
import Foundation
import HDF5
import NeuralNetworks
import Random

/// `checkpoint.h5`: everything a run needs to go on bit for bit, and how many rows of the other files belong to it. Replaced as a
/// whole, it is the commit point.
struct Checkpoint {
  var progress: RunProgress
  var generators: RunGenerators
  /// The environment's generator as it was before the last reset, and the actions since: they replay the episode, so no
  /// simulator's state needs storing.
  var episodeStart: SeededGenerator
  var episodeActions: [Float]
  var curveRows: LearningCurve.RowCounts
  var replayRows: Int
  /// The settings as YAML.
  var configuration: String

  /// Also of `best.h5`, which has the same networks.
  static let formatVersion = 1

  /// Writes the checkpoint, agent included.
  /// - Throws: `HDF5Error`; the old checkpoint is then intact.
  func write(_ agent: SoftActorCritic<Float>, settings: Settings, to path: String) throws {
    try HDF5File.replace(at: path) { file in
      try file.setFormatVersion(Self.formatVersion)
      try file.setAttribute("configuration", configuration)
      for (name, version) in Versions.all { try file.setAttribute(name, version) }
      try NetworkFile.write(agent, settings: settings, to: file)
      try writeOptimizers(of: agent, to: file)
      try writeProgress(to: file)
      let random = try file.createGroup("random")
      for (name, generator) in generators.named(updateStreams: agent.noiseGenerators) { try random.write(name, generator) }
      let episode = try file.createGroup("episode")
      try episode.write("start", episodeStart)
      try episode.write("actions", episodeActions)
    }
  }

  /// Opens a checkpoint, or a `best.h5`, to look at it or to ``read(from:into:)`` it.
  /// - Throws: `HDF5Error`, `WrongFormatVersion`.
  static func open(at path: String) throws -> HDF5File {
    let file = try HDF5File.open(at: path)
    try file.requireFormatVersion(formatVersion)
    return file
  }

  /// Reads an open checkpoint back into an agent made from the same settings.
  static func read(from file: HDF5File, into agent: SoftActorCritic<Float>) throws -> Checkpoint {
    try NetworkFile.read(into: agent.networks, from: file)
    try readOptimizers(of: agent, from: file)
    let random = try file.group("random")
    agent.noiseGenerators = try agent.noiseGenerators.indices.map { try random.generator("update_\($0)") }
    let episode = try file.group("episode")
    let progress = try readProgress(from: file)
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
      replayRows: try rows.count("replay"), configuration: try file.attribute("configuration"))
  }

  /// Environment steps taken at a checkpoint.
  static func step(of file: HDF5File) throws -> Int { try file.group("progress").count("step") }

  /// What a checkpoint was computed with that rounds otherwise here: `openblas_version OpenBLAS 0.3.21 (Haswell) there, …`.
  static func roundingDifferences(of file: HDF5File) throws -> [String] {
    try Versions.rounding.compactMap { name, version in
      let before: String = try file.attributeExists(name) ? file.attribute(name) : "unknown"
      return before == version ? nil : "\(name) \(before) there, \(version) here"
    }
  }

  private func writeProgress(to file: HDF5File) throws {
    let group = try file.createGroup("progress")
    try group.setAttribute("step", progress.step)
    try group.setAttribute("best_return", progress.bestReturn ?? .nan)
    try group.setAttribute("last_return", progress.lastReturn ?? .nan)
    try group.setAttribute("wall_seconds", progress.wallSeconds)
    try group.setAttribute("loop_seconds", progress.loopSeconds)
    try group.setAttribute("loop_steps", progress.loopSteps)
    try group.setAttribute("filter_actions", progress.filter.actions)
    try group.setAttribute("filter_steps", progress.filter.steps)
    try group.setAttribute("filter_rejected", progress.filter.rejected)
    try group.setAttribute("update_count", progress.updates.count)
    try group.write("update_sums", progress.updates.sums)
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

  private static func readProgress(from file: HDF5File) throws -> RunProgress {
    let group = try file.group("progress")
    var progress = RunProgress()
    progress.step = try group.count("step")
    let best: Double = try group.attribute("best_return")
    progress.bestReturn = best.isNaN ? nil : best
    let last: Double = try group.attribute("last_return")
    progress.lastReturn = last.isNaN ? nil : last
    progress.wallSeconds = try group.attribute("wall_seconds")
    progress.loopSeconds = try group.attribute("loop_seconds")
    progress.loopSteps = try group.count("loop_steps")
    progress.filter.actions = try group.count("filter_actions")
    progress.filter.steps = try group.count("filter_steps")
    progress.filter.rejected = try group.count("filter_rejected")
    let sums: [Double] = try group.read("update_sums", shape: [UpdateAverages.names.count])
    guard let updates = UpdateAverages(count: try group.count("update_count"), sums: sums) else {
      throw CheckpointError.impossibleState(object: "/progress", file: file.filePath)
    }
    progress.updates = updates
    let totals: [Double] = try group.read("episode", shape: [4])
    progress.episode = EpisodeTotals(
      totalReward: totals[0], length: try group.count("episode_length"), cost: totals[1], discountedCost: totals[2],
      discount: totals[3])
    return progress
  }

  private func writeOptimizers(of agent: SoftActorCritic<Float>, to file: HDF5File) throws {
    let optimizers = try file.createGroup("optimizers")
    for trained in agent.trainedNetworks {
      let group = try optimizers.createGroup(trained.name)
      try group.setAttribute("steps", trained.optimizer.steps)
      try group.createGroup("first_moment").write(trained.optimizer.firstMoment)
      try group.createGroup("second_moment").write(trained.optimizer.secondMoment)
    }
    let temperature = try optimizers.createGroup("temperature")
    try temperature.setAttribute("log_alpha", agent.temperature.logAlpha)
    try temperature.setAttribute("first_moment", agent.temperature.firstMoment)
    try temperature.setAttribute("second_moment", agent.temperature.secondMoment)
    try temperature.setAttribute("steps", agent.temperature.steps)
    if let multiplier = agent.multiplier {
      let group = try file.createGroup("multiplier")
      try group.setAttribute("value", multiplier.value)
      try group.write("recent", multiplier.recent)
    }
  }

  private static func readOptimizers(of agent: SoftActorCritic<Float>, from file: HDF5File) throws {
    let optimizers = try file.group("optimizers")
    for trained in agent.trainedNetworks {
      let group = try optimizers.group(trained.name)
      trained.optimizer.steps = try group.count("steps")
      try group.group("first_moment").read(into: trained.optimizer.firstMoment)
      try group.group("second_moment").read(into: trained.optimizer.secondMoment)
    }
    let temperature = try optimizers.group("temperature")
    agent.temperature.logAlpha = try temperature.attribute("log_alpha")
    agent.temperature.firstMoment = try temperature.attribute("first_moment")
    agent.temperature.secondMoment = try temperature.attribute("second_moment")
    agent.temperature.steps = try temperature.count("steps")
    guard [agent.temperature.logAlpha, agent.temperature.firstMoment, agent.temperature.secondMoment].allSatisfy(\.isFinite) else {
      throw CheckpointError.notFinite(object: "/optimizers/temperature", file: file.filePath)
    }
    if let multiplier = agent.multiplier {
      let group = try file.group("multiplier")
      let recent: [Double] = try group.read("recent", shape: [nil], elementLimit: Multiplier.window)
      multiplier.restore(value: try group.attribute("value"), recent: recent)
    }
  }
}

/// The generators of a run, besides the update's.
struct RunGenerators: Equatable {
  var environment: SeededGenerator
  var exploration: SeededGenerator
  var replay: SeededGenerator
  var evaluation: SeededGenerator

  init(seed: Int) {
    func stream(_ purpose: RandomStream) -> SeededGenerator {
      SeededGenerator(seed: UInt64(bitPattern: Int64(seed)), stream: purpose.rawValue)
    }
    environment = stream(.environment)
    exploration = stream(.exploration)
    replay = stream(.replay)
    evaluation = stream(.evaluation)
  }

  init(reading group: Group) throws {
    environment = try group.generator("environment")
    exploration = try group.generator("exploration")
    replay = try group.generator("replay")
    evaluation = try group.generator("evaluation")
  }

  func named(updateStreams: [SeededGenerator]) -> [(name: String, generator: SeededGenerator)] {
    [("environment", environment), ("exploration", exploration), ("replay", replay), ("evaluation", evaluation)]
      + updateStreams.enumerated().map { ("update_\($0)", $1) }
  }
}

extension Group {
  fileprivate func write(_ name: String, _ generator: SeededGenerator) throws {
    let state = generator.state
    try write(name, [state.0, state.1, state.2, state.3])
  }

  fileprivate func generator(_ name: String) throws -> SeededGenerator {
    let words: [UInt64] = try read(name, shape: [4])
    guard let generator = SeededGenerator(state: (words[0], words[1], words[2], words[3])) else {
      throw CheckpointError.impossibleState(object: "\(path)/\(name)", file: filePath)
    }
    return generator
  }

  /// An attribute that counts something.
  fileprivate func count(_ name: String) throws -> Int {
    let value: Int = try attribute(name)
    // What is added to it later must not overflow.
    guard (0...1 << 53).contains(value) else { throw CheckpointError.impossibleState(object: "\(path) \(name)", file: filePath) }
    return value
  }
}
