/// A task: a Markov decision process that an agent acts in, one episode at a time.
///
/// Agents act in [-1, 1]^d; a task scales to its own units. An environment never ends an episode on time:
/// that is ``TimeLimit``'s, so that replaying a trajectory is not cut short.
public protocol Environment: AnyObject {
  /// Sizes, time limit and provenance.
  var specification: EnvironmentSpecification { get }

  /// The current observation, `specification.observationSize` values in the task's units.
  var observation: [Double] { get }

  /// Starts a new episode. Every random draw comes from `generator`, so its state before the call determines the episode's start.
  /// - Throws: when the simulation cannot start.
  func reset<Generator: RandomNumberGenerator>(using generator: inout Generator) throws

  /// Applies one action for one control period. What follows depends on the reset and the actions since alone: a run that is continued
  /// takes its episode again from them.
  /// - Parameter action: `specification.actionSize` values in [-1, 1].
  /// - Throws: when the simulation cannot go on.
  func step(_ action: [Float]) throws -> Step
}

/// What one step gave, besides the new ``Environment/observation``.
public struct Step: Sendable, Equatable {
  /// In the task's units, undiscounted.
  public var reward: Double
  /// `nil` while the episode goes on.
  public var ending: Ending?
  /// Planar velocity of the robot over this step, metres per second; x is forward. Zero where a task has no such thing.
  public var velocity: SIMD2<Double>
  /// What a safe agent keeps down, where a task has a cost of its own (the setting `cost: own`).
  public var cost: Double

  /// - Parameters:
  ///   - velocity: metres per second, where the task has one.
  ///   - cost: for safe agents, where the task has one.
  public init(reward: Double, ending: Ending? = nil, velocity: SIMD2<Double> = .zero, cost: Double = 0) {
    self.reward = reward
    self.ending = ending
    self.velocity = velocity
    self.cost = cost
  }
}

/// Why an episode's last step was its last.
public enum Ending: Sendable, Equatable {
  /// The task's own rules ended it: there is no future, values do not bootstrap.
  case terminated
  /// Cut from outside (time limit): there still is a future, so values bootstrap.
  case truncated
}

/// The unchanging facts about an environment.
public struct EnvironmentSpecification: Sendable, Equatable {
  /// Full name with version, as in Gymnasium's registry: `HalfCheetah-v4`.
  public var id: String
  /// Numbers in an observation.
  public var observationSize: Int
  /// Numbers in an action, d.
  public var actionSize: Int
  /// Steps after which an episode is truncated; `nil`: never.
  public var timeLimit: Int?
  /// The safety costs that it offers, which the setting `cost` chooses among.
  public var costs: [SafetyCost]
  /// What it computes with, by the names that files give them: a run's files say so, as other versions may round otherwise.
  public var libraries: [LibraryVersion]
  /// What is simulated, by content, so that a run does not go on in another world. `nil` where no file decides it.
  public var modelHash: ModelHash?

  /// - Parameters:
  ///   - timeLimit: steps; `nil` for episodes of any length.
  ///   - costs: by default ``Step/cost``, the environment's own.
  ///   - libraries: what it computes with.
  ///   - modelHash: of the model's content, where the environment reads one.
  public init(
    id: String, observationSize: Int, actionSize: Int, timeLimit: Int?, costs: [SafetyCost] = [.own], libraries: [LibraryVersion] = [],
    modelHash: ModelHash? = nil
  ) {
    self.id = id
    self.observationSize = observationSize
    self.actionSize = actionSize
    self.timeLimit = timeLimit
    self.costs = costs
    self.libraries = libraries
    self.modelHash = modelHash
  }
}

/// A library's version, or anything else that decides how numbers round.
public struct LibraryVersion: Sendable, Equatable {
  /// As files name it: `mujoco_version`.
  public let name: String
  public let version: String

  public init(_ name: String, _ version: String) {
    self.name = name
    self.version = version
  }
}
