import SettingDeclarations

/// How a policy's action comes about: the base policy's own, or evolved.
public enum PolicyKind: String, SettingChoice {
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
public enum MomentumKind: String, SettingChoice { case gaussian, zero }

/// Where a flow policy's σ comes from: the network, or one learned vector for all states.
public enum FlowStd: String, SettingChoice { case state, shared }

/// Whose minimum the leapfrog climbs.
public enum CriticChoice: String, SettingChoice { case target, online }

/// What comes between a critic's hidden layer and its activation.
public enum CriticNormalization: String, SettingChoice {
  case none
  /// `LayerNormalization`.
  case layer
}

/// What the leapfrog's force acts on.
public enum Mass: String, SettingChoice {
  /// The paper's: a moves by ε·p and p by ε·F, as if β were 1.
  case unit
  /// F is multiplied by 1/β, as a momentum of precision β asks for.
  case consistent
}

/// Whether the momentum is tempered.
public enum TemperingKind: String, SettingChoice { case none, learned }

/// How an agent keeps a constraint.
public enum Constraint: String, SettingChoice {
  /// Not at all: costs are only recorded.
  case none
  /// By a Lagrange multiplier.
  case lagrangian
  /// By a Lagrange multiplier and the Lyapunov filter of Algorithm 3.
  case lyapunov
}

extension Temperature.Rule: SettingChoice {}
extension Boundary: SettingChoice {}
extension Exploration: SettingChoice {}
extension CostKind: SettingChoice {}
extension MultiplierRule.Schedule: SettingChoice {}

/// The settings of SAC and its kin. Defaults: the paper's, those of HalfCheetah where its Table I has a row per task.
public struct ActorCriticSettings: SettingGroup {
  public let kind = Setting(
    "agent", Allowed("one of \(AgentKind.names)", brief: AgentKind.names) { _ in true }, default: AgentKind.softActorCritic,
    roles: [.networks, .isLater], agreesWithName: ==, "which agent learns")
  // Part of a result, because the order in which gradients are added up is.
  public let lanes = Setting(
    "lanes", .from(1, to: 64), default: 2, roles: .isLater,
    "shares that an update's rows are cut into, and so the threads that can work on it; they change the last bits of numbers")
  public let gamma = Setting("gamma", symbol: "γ", .from(0, to: 1), default: 0.99, roles: .networks, "discount γ per step")
  public let tau = Setting("tau", symbol: "τ", .from(0, to: 1), default: 0.005, roles: .networks, "Polyak rate τ of the target critics")
  public let batchSize = Setting("batch_size", .from(1, to: 65_536), default: 256, roles: .networks, "transitions per update")
  public let learningRate = Setting("learning_rate", .positive, default: 3e-4, roles: .networks, "Adam's step size")
  public let alpha = Setting(
    "alpha", symbol: "α", .positive, default: 0.2, roles: .networks, "temperature α; the initial one when learned")
  public let temperature = Setting("temperature", .any, default: Temperature.Rule.fixed, roles: .networks, "whether α is learned")
  public let hiddenSize = Setting(
    "hidden_size", .from(1, to: 4096), default: 256, roles: .networks, "units of critics' and policy's hidden layers")
  public let policyHiddenLayers = Setting(
    "policy_hidden_layers", .from(1, to: 16), derivation: "2 where training_policy is gaussian, as SAC has, else 1", roles: .networks,
    "hidden layers of the base policy"
  ) { $0.trainingPolicy == .gaussian ? 2 : 1 }
  public let criticHiddenLayers = Setting(
    "critic_hidden_layers", .from(1, to: 16), default: 2, roles: [.networks, .isLater], "hidden layers of the critics")
  public let criticNormalization = Setting(
    "critic_normalization", .any, default: CriticNormalization.none, roles: [.networks, .isLater],
    "what comes between a critic's hidden layer and its ReLU")

  public let explorationPolicy = Setting(
    "exploration_policy", .any, default: Exploration.proposed, roles: .networks, agreesWithName: ==,
    "how actions are evolved while exploring")
  public let trainingPolicy = Setting(
    "training_policy", .any, default: PolicyKind.proposed, roles: .networks, agreesWithName: ==,
    "how actions are evolved in training and evaluation")
  public let leapfrogSteps = Setting("leapfrog_steps", symbol: "K", .from(1, to: 1000), default: 3, roles: .networks, "K")
  public let leapfrogStepSize = Setting("leapfrog_step_size", symbol: "ε", .positive, default: 0.2, roles: .networks, "ε")
  public let leapfrogHiddenSize = Setting(
    "leapfrog_hidden_size", symbol: "hₙ", .from(1, to: 4096), default: 32, roles: .networks, "hₙ, hidden units of T_h and σ_h")
  public let leapfrogStateInput = Setting(
    "leapfrog_state_input", .any, default: true, roles: .networks, "whether T_h and σ_h read the state")
  public let momentum = Setting(
    "momentum", symbol: "p₀", .any, default: MomentumKind.gaussian, roles: .networks, agreesWithName: ==, "where p₀ comes from")
  public let momentumStdTraining = Setting(
    "momentum_std_training", symbol: "1/√β", .positive, default: 1.0, roles: .networks, "1/√β in training")
  public let momentumStdExploration = Setting(
    "momentum_std_exploration", symbol: "1/√β", .positive, default: 0.5, roles: .networks, "1/√β in exploration")
  public let mass = Setting(
    "mass", .any, default: Mass.unit, roles: [.networks, .isLater], "whether F acts as on a mass of 1 or of β")
  public let explorationGain = Setting(
    "exploration_gain", symbol: "ρ", .positive, default: ExplorationGain.factor(1), roles: [.networks, .isLater],
    "what F is multiplied by when exploring; matched: (exploration deviation/training deviation)²")
  public let tempering = Setting(
    "tempering", symbol: "τ", .any, default: TemperingKind.none, roles: [.networks, .isLater],
    "whether the momentum is multiplied by learned factors after each step")
  public let candidates = Setting(
    "candidates", .from(1, to: 1024), default: 1, roles: [.networks, .isLater], "actions drawn to choose one from by min Q̄")
  public let diagnostics = Setting(
    "diagnostics", .any, default: false, roles: .isLater, "whether updates measure what the operator does")
  public let boundary = Setting(
    "boundary", .any, default: Boundary.clip, roles: .networks, "what happens at the walls of the action box")
  public let hamiltonianCritic = Setting(
    "hamiltonian_critic", .any, default: CriticChoice.target, roles: .networks, "whose minimum the leapfrog climbs")
  // Under the conventional leapfrog p_K grows with Kε∇Q/α: its square in y would be quadratic in Q.
  public let momentumInValue = Setting(
    "momentum_in_value", .any, derivation: "false where training_policy is conventional, else true", roles: .networks,
    "whether y holds the momentum's terms"
  ) { $0.trainingPolicy != .conventional }

  public let flows = Setting(
    "flows", .from(1, to: 1000), default: 3, roles: [.networks, .isLater], "radial flows of a flow policy")
  public let flowStd = Setting(
    "flow_std", .any, default: FlowStd.state, roles: [.networks, .isLater], "whether a flow policy's σ depends on the state")

  public let constraint = Setting(
    "constraint", .any, default: Constraint.none, roles: [.networks, .isLater], agreesWithName: ==,
    "how the cost is kept below its limit")
  public let costKind = Setting(
    "cost_kind", .any, derivation: "the cost's own", roles: [.networks, .isLater, .environments, .constrains],
    "what the limit is on: the discounted sum of an episode's costs, or their average carried on for ever"
  ) { _ in CostKind.sum }
  public let costLimit = Setting(
    "cost_limit", symbol: "d₀", .positiveOrDefault, derivation: "the cost's own", roles: [.networks, .isLater, .environments],
    "d₀ on the discounted cost"
  ) { _ in nil }
  public let multiplierSchedule = Setting(
    "multiplier_schedule", .any, default: MultiplierRule.Schedule.steps, roles: [.networks, .isLater, .constrains],
    earlier: .episodes, "whether λ counts steps or, as in the paper, episodes")
  public let multiplierRate = Setting(
    "multiplier_rate", symbol: "η", .positive, derivation: "1, by episodes 0.1", roles: [.networks, .isLater, .constrains],
    "η of the Lagrange multiplier"
  ) { $0.multiplierSchedule == .steps ? 1 : 0.1 }
  public let multiplierLimit = Setting(
    "multiplier_limit", symbol: "λ_max", Allowed("a number above 0, or .inf", brief: "> 0, .inf") { $0 > 0 },
    derivation: "100, by episodes .inf", roles: [.networks, .isLater, .constrains], "the largest λ"
  ) { $0.multiplierSchedule == .steps ? 100.0 : Double.infinity }
  public let multiplierNormalizes = Setting(
    "multiplier_normalizes", .any, default: true, roles: [.networks, .isLater, .constrains], earlier: false,
    "whether the policy's objective is divided by 1 + λ")
  public let safeLeapfrogSteps = Setting(
    "safe_leapfrog_steps", .from(1, to: 1000), default: 10, roles: [.networks, .isLater],
    "most leapfrog steps for one filtered action")

  public static let declared = ActorCriticSettings()
}

extension SettingsHolder {
  public subscript<Value>(dynamicMember path: KeyPath<ActorCriticSettings, Setting<Value>>) -> Value {
    get { self[ActorCriticSettings.declared[keyPath: path]] }
    set { self[ActorCriticSettings.declared[keyPath: path]] = newValue }
  }
}

extension AgentSettings {
  /// Where agents' settings are declared: one group for each agent or rule of exploration that has some of its own.
  public static let groups: [any SettingGroup.Type] = [
    ActorCriticSettings.self, OptimisticSettings.self, TwinDelayedSettings.self, IterativeSettings.self,
  ]
}

/// Everything an update depends on: the sizes of observations and actions, and the values of the agent's settings.
public struct AgentSettings: Sendable, SettingsHolder {
  public var observationSize: Int
  public var actionSize: Int
  public var values: SettingValues

  /// - Parameter values: the declarations' defaults, unless said otherwise.
  public init(observationSize: Int, actionSize: Int, values: SettingValues = SettingValues()) {
    self.observationSize = observationSize
    self.actionSize = actionSize
    self.values = values
  }

  /// What the cost critic and the multiplier keep; `nil` for agents that maximise return alone.
  public var costConstraint: CostConstraint? {
    guard self.constraint != .none, let limit = self.costLimit else { return nil }
    return CostConstraint(kind: self.costKind, limit: limit, gamma: self.gamma)
  }

  var multiplierRule: MultiplierRule {
    MultiplierRule(schedule: self.multiplierSchedule, rate: self.multiplierRate, upperBound: self.multiplierLimit)
  }

  /// Whether actions pass the Lyapunov filter of Algorithm 3.
  var filtersActions: Bool { costConstraint != nil && self.constraint == .lyapunov }

  /// Whether some policy of this agent needs T_h and σ_h.
  public var usesProposedLeapfrog: Bool { self.explorationPolicy == .proposed || self.trainingPolicy == .proposed }

  /// Whether some policy of this agent goes through radial flows.
  public var usesFlow: Bool { self.explorationPolicy == .flow || self.trainingPolicy == .flow }

  /// What of these makes no sense together, in the words of the settings file; `nil` where all does.
  public var contradiction: String? {
    if self.explorationPolicy == .proposed && self.trainingPolicy != .proposed {
      return "exploration_policy 'proposed' needs training_policy 'proposed': T_h and σ_h would never be trained"
    }
    if self.explorationPolicy == .flow && self.trainingPolicy != .flow {
      return "exploration_policy 'flow' needs training_policy 'flow': the flows would never be trained"
    }
    if self.trainingPolicy == .flow && self.explorationPolicy != .flow && self.explorationPolicy != .gaussian {
      return "a policy of flows is not evolved: exploration_policy must be 'flow' or 'gaussian'"
    }
    if self.tempering == .learned && self.trainingPolicy != .proposed {
      return "tempering 'learned' needs training_policy 'proposed': its factors would never be trained"
    }
    if self.mass == .consistent && self.explorationGain == .matched {
      return "mass 'consistent' holds the deviations' ratio already: with exploration_gain 'matched' it would count twice"
    }
    if self.constraint == .lyapunov && self.explorationPolicy != .proposed {
      return "constraint 'lyapunov' filters leapfrog steps: exploration_policy must be 'proposed'"
    }
    if self.constraint != .none && self.gamma == 1 {
      return "constraint '\(self.constraint.rawValue)' needs gamma below 1: its limit is a discounted sum"
    }
    return self.kind.type.contradiction(in: self)
  }

  /// For agents whose policy none of the settings above describes: what of the settings asks for another.
  var contradictionToOwnPolicy: String? {
    if self.constraint != .none { return "agent '\(self.kind.name)' keeps no constraint: constraint must be 'none'" }
    if self.explorationPolicy != .gaussian || self.trainingPolicy != .gaussian {
      return "agent '\(self.kind.name)' has a policy of its own: exploration_policy and training_policy must be 'gaussian'"
    }
    return nil
  }
}
