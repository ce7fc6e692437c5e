/// How a policy's action comes about: the base policy's own, or evolved.
public enum PolicyKind: String, Sendable, CaseIterable {
  /// The base policy's action.
  case gaussian
  /// Evolved by the proposed leapfrog (eq. 13).
  case proposed
  /// Evolved by the conventional leapfrog (eq. 9).
  case conventional
  /// The base policy's sample through radial flows.
  case flow

  public var isEvolved: Bool { self == .proposed || self == .conventional }
}

/// Where p₀ comes from.
public enum MomentumKind: String, Sendable, CaseIterable { case gaussian, zero }

/// Where a flow policy's σ comes from: the network, or one learned vector for all states.
public enum FlowStd: String, Sendable, CaseIterable { case state, shared }

/// Whose minimum the leapfrog climbs.
public enum CriticChoice: String, Sendable, CaseIterable { case target, online }

/// Everything an update depends on. Defaults: the paper's, those of HalfCheetah where its Table I has a row per task.
public struct AgentSettings: Sendable, Equatable {
  public var observationSize: Int
  public var actionSize: Int

  /// Which agent learns.
  public var kind = AgentKind.softActorCritic
  /// Shares that an update's rows are cut into, and so the threads that can work on it. Part of a result, because the order in which
  /// gradients are added up is.
  public var lanes = 2
  /// Discount γ per environment step.
  public var gamma = 0.99
  /// Polyak rate τ of the target critics.
  public var tau = 0.005
  public var batchSize = 256
  public var learningRate = 3e-4
  /// Temperature α; the initial one when learned.
  public var alpha = 0.2
  public var temperature = Temperature.Rule.fixed
  /// Units of every hidden layer but the leapfrog networks'.
  public var hiddenSize = 256
  public var policyHiddenLayers = 1
  public var criticHiddenLayers = 2
  public var explorationPolicy = Exploration.proposed
  public var trainingPolicy = PolicyKind.proposed
  /// K.
  public var leapfrogSteps = 3
  /// ε.
  public var leapfrogStepSize = 0.2
  /// hₙ, units of T_h's and σ_h's hidden layer.
  public var leapfrogHiddenSize = 32
  public var leapfrogStateInput = true
  public var momentum = MomentumKind.gaussian
  /// 1/√β in training.
  public var momentumStdTraining = 1.0
  /// 1/√β in exploration.
  public var momentumStdExploration = 0.5
  public var boundary = Boundary.clip
  public var hamiltonianCritic = CriticChoice.target
  /// Whether y holds −(αβ/2)(‖p′_K‖² − ‖p′₀‖²).
  public var momentumInValue = true

  /// Radial flows of SAC-NF's policy.
  public var flows = 3
  public var flowStd = FlowStd.state
  /// Constraint on discounted cost; `nil` for agents that maximise return alone.
  public var safety: SafetySettings?

  /// Whether some policy of this agent needs T_h and σ_h.
  public var usesProposedLeapfrog: Bool { explorationPolicy == .proposed || trainingPolicy == .proposed }

  /// Whether some policy of this agent goes through radial flows.
  public var usesFlow: Bool { explorationPolicy == .flow || trainingPolicy == .flow }

  public init(observationSize: Int, actionSize: Int) {
    self.observationSize = observationSize
    self.actionSize = actionSize
  }
}

/// Safe RL (paper §IV-D).
public struct SafetySettings: Sendable, Equatable {
  /// d₀, discounted cost.
  public var costLimit: Double
  public var costKind = CostKind.sum
  /// η of the multiplier's update.
  public var multiplierRate = 0.1
  /// Whether actions pass the Lyapunov filter of Algorithm 3.
  public var filtersActions: Bool
  /// Most leapfrog steps of Algorithm 3 for one action.
  public var safeLeapfrogSteps = 10

  public init(costLimit: Double, filtersActions: Bool) {
    self.costLimit = costLimit
    self.filtersActions = filtersActions
  }
}
