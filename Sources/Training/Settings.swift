import Agents
import Environments

/// Every setting of a run, under the keys of the settings file. Built-in defaults depend on the task and the algorithm; a YAML file
/// and then flags override them.
@dynamicMemberLookup
public struct Settings: Sendable, Equatable {
  // The run.
  /// Full name, `HalfCheetah-v2`.
  public internal(set) var environment: String
  /// The bundle of settings that the run began from.
  public internal(set) var algorithm: Algorithm
  /// Random streams of the run.
  public var seed = 0
  /// Environment steps.
  public var steps = 1_000_000
  /// Threads of an update, of which two can be used.
  public var threads = 2
  /// The environment's own parameters, `environment.<name>`; from ``init(layers:environment:)``, all of them.
  public var environmentParameters: [String: ParameterValue] = [:]

  /// What the agent learns by, whose settings can be read and set as if they were these; its sizes come with the environment.
  public var agent = AgentSettings(observationSize: 0, actionSize: 0)
  /// Transitions held in memory.
  public var replayCapacity = 1_000_000
  /// Steps with uniformly random actions at the start.
  public var warmupSteps = 1000
  /// Transitions stored before updates begin.
  public var updateAfter = 1000

  // Safe RL.
  /// The safety cost that is recorded.
  public var cost = CostSignal.Kind.none
  /// How the cost is kept below its limit.
  public var constraint = Constraint.none
  /// d₀ on the discounted cost; `nil` for the cost's own, if it has one.
  public var costLimit: Double?
  /// η of the Lagrange multiplier.
  public var multiplierRate = 0.1
  /// Most leapfrog steps for one filtered action.
  public var safeLeapfrogSteps = 10

  // What is recorded, and when, in environment steps.
  /// Steps between evaluations.
  public var evaluationInterval = 10_000
  /// Episodes per evaluation.
  public var evaluationEpisodes = 10
  /// Steps between checkpoints.
  public var checkpointInterval = 10_000
  /// Steps that a row of `/update` is averaged over.
  public var loggingInterval = 1000

  /// The defaults of one algorithm on one task.
  /// - Parameter environment: full name, as the catalogue resolves it.
  public init(environment: String, algorithm: Algorithm) {
    self.environment = environment
    self.algorithm = algorithm
    TaskDefaults(environment).apply(to: &self)
    algorithm.apply(to: &self)
  }

  /// The agent's settings, as if they were these.
  public subscript<Value>(dynamicMember path: WritableKeyPath<AgentSettings, Value>) -> Value {
    get { agent[keyPath: path] }
    set { agent[keyPath: path] = newValue }
  }
}
