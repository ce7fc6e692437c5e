import Agents
import Configuration
import Experience
import Foundation
import Gym
import HDF5
import LinearAlgebra
import Random
import Records
import Support

/// A run's policy, to be used rather than trained.
///
///     let policy = try TrainedPolicy(run: RunDirectory(path: "runs/Spring-v0/sac-hpo/seed-0"))
///     let action = try policy.action(at: [0.1, -0.2])
///     let returns = try policy.evaluate(in: Spring(), episodes: 10).returns
///
/// It knows no environments: whoever has one hands it in.
public final class TrainedPolicy {
  /// Which of a run's networks.
  public enum Networks: Sendable, Equatable {
    /// The last checkpoint's; where there is none, the best evaluation's.
    case last
    /// Those of the best evaluation so far.
    case best
    /// Those that were kept at a step.
    case snapshot(Int)
  }

  /// Those that the run was trained under.
  public let settings: Settings
  /// Of the model that the run's environment was made of, by its content; `nil` where it had none or did not say.
  public let modelHash: String?
  /// Environment steps that its networks had been trained for.
  public let step: Int
  /// Numbers in an observation.
  public let observationSize: Int
  /// Numbers in an action.
  public let actionSize: Int
  private let actor: ActingPolicy<Float>
  /// The file that its networks are of.
  package let file: String
  private var generator = SeededGenerator(seed: 0, stream: RandomStream.testing.rawValue)

  /// Loads a run's networks.
  /// - Parameters:
  ///   - directory: a run's, or a folder that holds a `best.h5` alone.
  ///   - algorithms: those that the run may be of.
  /// - Throws: `RunError.noCheckpoint(path:file:)`, `RunError.noSnapshot(path:step:known:)`; `HDF5Error`, `WrongFormatVersion`
  ///   and `CheckpointError` for a damaged or foreign file; `SettingsError` for settings that this program does not know.
  public init(
    run directory: RunDirectory, networks: Networks = .last, algorithms: AlgorithmCatalogue = .standard
  ) throws {
    let path = try Self.path(of: networks, in: directory)
    let file = try Checkpoint.open(at: path)
    // The file's own settings: config.yaml beside it can be edited.
    settings = try Settings(recorded: try file.attribute("configuration"), source: path, algorithms: algorithms)
    modelHash = try file.modelHash()
    step = try file.attributeExists("step") ? file.attribute("step") : Checkpoint.step(of: file)
    // One row: acting takes no batch, and memory for a large one would be wasted.
    let agent = try NetworkFile.agent(from: file, batchSize: 1, over: settings.values)
    observationSize = agent.settings.observationSize
    actionSize = agent.settings.actionSize
    self.file = path
    actor = agent.makeActor()
  }

  /// Loads a run's networks for an environment of the same sizes, and begins an episode at its present observation.
  /// - Throws: `CheckpointError.wrongEnvironment(name:sizes:expected:file:)`; as ``init(run:networks:algorithms:)``.
  public convenience init(
    run directory: RunDirectory, environment: any Environment, networks: Networks = .last, algorithms: AlgorithmCatalogue = .standard
  ) throws {
    try self.init(run: directory, networks: networks, algorithms: algorithms)
    try requireFit(environment)
    beginEpisode(at: environment.observation)
  }

  /// What the starts of ``evaluate(in:episodes:seed:isExploring:observer:)``'s episodes are drawn from.
  public static func startGenerator(seed: Int) -> SeededGenerator {
    SeededGenerator(seed: UInt64(bitPattern: Int64(seed)), stream: RandomStream.testing.rawValue)
  }

  /// The file that holds the networks of what was named: a run, a folder that holds a `best.h5` alone, or such a file itself.
  package static func networkFile(_ path: String) throws -> String {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    return exists && !isFolder.boolValue ? path : try self.path(of: .last, in: RunDirectory(path: path))
  }

  /// The algorithm of the networks of a run, a folder that holds a `best.h5` alone, or such a file itself.
  /// - Throws: `RunError.noCheckpoint`; `HDF5Error` for a damaged or foreign file.
  public static func algorithmName(of path: String) throws -> String {
    try Checkpoint.open(at: try networkFile(path)).group("networks").attribute("algorithm")
  }

  /// The file of a run that holds certain networks, now.
  package static func path(of networks: Networks, in directory: RunDirectory) throws -> String {
    func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
    switch networks {
    case .last:
      if exists(directory.checkpoint) { return directory.checkpoint }
      if exists(directory.best) { return directory.best }
      throw RunError.noCheckpoint(path: directory.path, file: "checkpoint.h5")
    case .best:
      guard exists(directory.best) else { throw RunError.noCheckpoint(path: directory.path, file: "best.h5") }
      return directory.best
    case .snapshot(let step):
      let path = directory.snapshot(at: step)
      guard exists(path) else { throw RunError.noSnapshot(path: directory.path, step: step, known: directory.snapshotSteps) }
      return path
    }
  }

  /// Takes note of an episode's first state, which the filter of a safe agent refers to; other policies do not mind.
  public func beginEpisode(at observation: [Double]) { actor.beginEpisode(at: observation) }

  /// The action that the policy is judged by.
  /// - Parameter observation: [observationSize], in the task's units.
  /// - Returns: [actionSize], each in [-1, 1].
  /// - Throws: `AgentError` when it is not finite.
  public func action(at observation: [Double]) throws -> [Float] {
    var action = [Float](repeating: 0, count: actionSize)
    try actor.exploit(observation, into: &action, using: &generator)
    return action
  }

  /// An action as training explores.
  /// - Parameters:
  ///   - observation: [observationSize], in the task's units.
  ///   - generator: draws the noise.
  /// - Throws: `AgentError` when it is not finite.
  public func exploringAction(at observation: [Double], using generator: inout SeededGenerator) throws -> [Float] {
    var action = [Float](repeating: 0, count: actionSize)
    try actor.explore(observation, into: &action, using: &generator)
    return action
  }

  /// What some episodes brought; `costs` and `discountedCosts`, each an episode's sum, where the run records a cost.
  public struct Result: Sendable, Codable, Equatable {
    /// Full name.
    public var environment: String
    /// Undiscounted, one per episode.
    public var returns: [Double]
    /// Steps, one per episode.
    public var lengths: [Int]
    /// Of ``returns``.
    public var returnMean: Double
    /// Of ``returns``, the population's.
    public var returnStd: Double
    /// Plain sums, one per episode; `nil` where no cost is recorded.
    public var costs: [Double]?
    /// Σ γᵗ cₜ, one per episode; `nil` where no cost is recorded.
    public var discountedCosts: [Double]?

    enum CodingKeys: String, CodingKey {
      case environment, returns, lengths, costs
      case returnMean = "return_mean"
      case returnStd = "return_std"
      case discountedCosts = "discounted_costs"
    }
  }

  /// Plays episodes, truncated at the environment's time limit. Their starts are drawn from a stream of their own: no seed gives those
  /// that a run chose its best networks by.
  /// - Parameters:
  ///   - environment: of the sizes that the networks have; not in the middle of something, for it is reset.
  ///   - isExploring: whether the policy acts as it explores in training.
  ///   - observer: is told of every step.
  /// - Throws: `CheckpointError.wrongEnvironment(name:sizes:expected:file:)`; `AgentError` where something is not finite; what the
  ///   environment throws.
  public func evaluate(
    in environment: any Environment, episodes: Int = 10, seed: Int = 0, isExploring: Bool = false, observer: (any EpisodeObserver)? = nil
  ) throws -> Result {
    try requireFit(environment)
    let facts = environment.specification
    var generator = Self.startGenerator(seed: seed)
    // Another environment than the run's may not have its cost.
    let signal = facts.costs.first { $0.name == settings.cost.rawValue }
    let evaluation = try Evaluation.run(
      actor, in: TimeLimit(environment), episodes: episodes, cost: signal, gamma: settings.gamma, isExploring: isExploring,
      observer: observer, using: &generator)
    let summary = Statistics(evaluation.returns)
    return Result(
      environment: facts.id, returns: evaluation.returns, lengths: evaluation.lengths,
      returnMean: summary.mean, returnStd: summary.standardDeviation,
      costs: signal == nil ? nil : evaluation.costs, discountedCosts: signal == nil ? nil : evaluation.discountedCosts)
  }

  /// - Throws: `CheckpointError.wrongEnvironment(name:sizes:expected:file:)`.
  package func requireFit(_ environment: any Environment) throws {
    let facts = environment.specification
    let sizes = [facts.observationSize, facts.actionSize]
    let expected = [observationSize, actionSize]
    guard sizes == expected else {
      throw CheckpointError.wrongEnvironment(name: facts.id, sizes: sizes, expected: expected, file: file)
    }
  }
}
