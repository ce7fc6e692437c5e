import Agents
import Configuration
import Environments
import Experience
import Foundation
import Gym
import HDF5
import LinearAlgebra
import Random
import Support

/// A run's policy, to be used rather than trained.
public struct TrainedPolicy {
  /// Those that the run was trained under.
  public let settings: Settings
  private let actor: ActingPolicy<Float>
  private let agentSettings: AgentSettings
  private let file: String

  /// Loads a run's networks.
  /// - Parameter best: those of the best evaluation rather than the last checkpoint's.
  /// - Throws: ``RunError/noCheckpoint(path:file:)``; `HDF5Error`, `WrongFormatVersion` and ``CheckpointError`` for a damaged
  ///   or foreign file.
  public init(run directory: RunDirectory, best: Bool = false) throws {
    let path = best ? directory.best : directory.checkpoint
    guard FileManager.default.fileExists(atPath: path) else {
      throw RunError.noCheckpoint(path: directory.path, file: best ? "best.h5" : "checkpoint.h5")
    }
    let file = try Checkpoint.open(at: path)
    // The file's own settings: config.yaml beside it can be edited.
    settings = try Settings(recorded: try file.attribute("configuration"), source: path)
    // One row: acting takes no batch, and memory for a large one would be wasted.
    let agent = try NetworkFile.agent(from: file, batchSize: 1)
    agentSettings = agent.settings
    self.file = path
    actor = agent.makeActor()
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
    /// Plain sums, one per episode; `nil` where the run records no cost.
    public var costs: [Double]?
    /// Σ γᵗ cₜ, one per episode; `nil` where the run records no cost.
    public var discountedCosts: [Double]?

    enum CodingKeys: String, CodingKey {
      case environment, returns, lengths, costs
      case returnMean = "return_mean"
      case returnStd = "return_std"
      case discountedCosts = "discounted_costs"
    }
  }

  /// Plays episodes with the deterministic policy.
  /// - Throws: ``CheckpointError/wrongEnvironment(name:sizes:expected:file:)``, and what the environment throws.
  public func evaluate(episodes: Int, seed: Int) throws -> Result {
    let environment = TimeLimit(
      try EnvironmentCatalog.make(settings.environment, parameters: settings.environmentParameters))
    let specification = environment.specification
    let sizes = [specification.observationSize, specification.actionSize]
    let expected = [agentSettings.observationSize, agentSettings.actionSize]
    guard sizes == expected else {
      throw CheckpointError.wrongEnvironment(name: specification.id, sizes: sizes, expected: expected, file: file)
    }
    var generator = SeededGenerator(
      seed: UInt64(bitPattern: Int64(seed)), stream: RandomStream.evaluation.rawValue)
    let signal = try settings.safetyCost(among: specification.costs)
    let evaluation = try Evaluation.run(
      actor, in: environment, episodes: episodes, cost: signal, gamma: settings.gamma, using: &generator)
    let summary = Statistics(evaluation.returns)
    return Result(
      environment: settings.environment, returns: evaluation.returns, lengths: evaluation.lengths,
      returnMean: summary.mean, returnStd: summary.standardDeviation,
      costs: signal == nil ? nil : evaluation.costs, discountedCosts: signal == nil ? nil : evaluation.discountedCosts)
  }
}
