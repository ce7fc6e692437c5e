import Agents
import Environments

/// Every setting of a run, under the keys of the settings file. Built-in defaults depend on the task and the algorithm; a YAML file
/// and then flags override them.
public struct Settings: Sendable, Equatable {
  // The run.
  /// Full name, `HalfCheetah-v2`.
  public internal(set) var environment: String
  public internal(set) var algorithm: Algorithm
  public var seed = 0
  /// Environment steps.
  public var steps = 1_000_000
  public var threads = 2
  /// The environment's own parameters, `environment.<name>`; from ``init(layers:environment:)``, all of them.
  public var environmentParameters: [String: ParameterValue] = [:]

  // Learning.
  public var gamma = 0.99
  public var tau = 0.005
  public var batchSize = 256
  public var replayCapacity = 1_000_000
  public var learningRate = 3e-4
  /// Steps with uniformly random actions at the start.
  public var warmupSteps = 1000
  /// Transitions stored before updates begin.
  public var updateAfter = 1000
  public var alpha = 0.2
  public var temperature = Temperature.Rule.fixed
  public var hiddenSize = 256
  public var policyHiddenLayers = 1

  // The policy.
  public var explorationPolicy = PolicyKind.proposed
  public var trainingPolicy = PolicyKind.proposed
  public var leapfrogSteps = 3
  public var leapfrogStepSize = 0.2
  public var leapfrogHiddenSize = 32
  public var leapfrogStateInput = true
  public var momentum = MomentumKind.gaussian
  public var momentumStdTraining = 1.0
  public var momentumStdExploration = 0.5
  public var boundary = Boundary.clip
  public var hamiltonianCritic = CriticChoice.target
  public var momentumInValue = true

  // What is recorded, and when, in environment steps.
  public var evaluationInterval = 10_000
  public var evaluationEpisodes = 10
  public var checkpointInterval = 10_000
  public var loggingInterval = 1000

  /// The defaults of one algorithm on one task.
  /// - Parameter environment: full name, as the catalogue resolves it.
  public init(environment: String, algorithm: Algorithm) {
    self.environment = environment
    self.algorithm = algorithm
    TaskDefaults(environment).apply(to: &self)
    algorithm.apply(to: &self)
  }

  /// What the agent needs of these.
  public func agentSettings(observationSize: Int, actionSize: Int) -> AgentSettings {
    var agent = AgentSettings(observationSize: observationSize, actionSize: actionSize)
    agent.gamma = gamma
    agent.tau = tau
    agent.batchSize = batchSize
    agent.learningRate = learningRate
    agent.alpha = alpha
    agent.temperature = temperature
    agent.hiddenSize = hiddenSize
    agent.policyHiddenLayers = policyHiddenLayers
    agent.explorationPolicy = explorationPolicy
    agent.trainingPolicy = trainingPolicy
    agent.leapfrogSteps = leapfrogSteps
    agent.leapfrogStepSize = leapfrogStepSize
    agent.leapfrogHiddenSize = leapfrogHiddenSize
    agent.leapfrogStateInput = leapfrogStateInput
    agent.momentum = momentum
    agent.momentumStdTraining = momentumStdTraining
    agent.momentumStdExploration = momentumStdExploration
    agent.boundary = boundary
    agent.hamiltonianCritic = hamiltonianCritic
    agent.momentumInValue = momentumInValue
    return agent
  }
}
