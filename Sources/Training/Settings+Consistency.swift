import Agents

extension Settings {
  /// These settings as a run takes them, however they were made: the limit that was left to the cost filled in, every value within its
  /// key's range, nothing that contradicts anything else.
  /// - Throws: ``SettingsError/invalidValue(key:value:expectation:source:)``, ``SettingsError/contradiction(_:)``.
  func resolved() throws(SettingsError) -> Settings {
    var settings = self
    for key in SettingKey.all {
      let value = key.text(self)
      guard key.set(&settings, value) else {
        throw .invalidValue(key: key.name, value: value, expectation: key.expectation, source: "settings")
      }
    }
    let signal = try CostSignal(cost, environment: environment)
    settings.costLimit = costLimit ?? signal?.defaultLimit
    if constraint != .none && signal == nil {
      throw .contradiction("constraint '\(constraint.rawValue)' needs a cost: \(CostSignal.Kind.choices)")
    }
    if constraint != .none && settings.costLimit == nil {
      throw .contradiction("cost '\(cost.rawValue)' has no limit of its own: constraint '\(constraint.rawValue)' needs cost_limit")
    }
    if signal == nil, let costLimit {
      throw .contradiction("cost_limit \(costLimit) limits nothing: without a cost (\(CostSignal.Kind.choices)) it is 'default'")
    }
    if agent.safety != nil {
      throw .contradiction("settings of an agent can not have a safety of its own: constraint, cost and cost_limit make it")
    }
    if let text = settings.constrainedAgent(signal).contradiction { throw .contradiction(text) }
    if updateAfter > replayCapacity {
      throw .contradiction("update_after \(updateAfter) can never be reached with replay_capacity \(replayCapacity)")
    }
    return settings
  }

  /// ``agent`` with what the constraint asks of it.
  private func constrainedAgent(_ signal: CostSignal?) -> AgentSettings {
    var agent = agent
    if constraint != .none, let costLimit {
      var safety = SafetySettings(costLimit: costLimit, filtersActions: constraint == .lyapunov)
      safety.multiplierRate = multiplierRate
      safety.costKind = signal?.kind ?? .sum
      safety.safeLeapfrogSteps = safeLeapfrogSteps
      agent.safety = safety
    }
    return agent
  }

  /// What the agent needs of these.
  /// - Throws: ``SettingsError`` for settings that no agent can have.
  public func agentSettings(observationSize: Int, actionSize: Int) throws(SettingsError) -> AgentSettings {
    var agent = try resolved().constrainedAgent(CostSignal(cost, environment: environment))
    agent.observationSize = observationSize
    agent.actionSize = actionSize
    return agent
  }
}

extension AgentSettings {
  /// How the agent keeps its cost below a limit.
  var constraint: Constraint {
    guard let safety else { return .none }
    return safety.filtersActions ? .lyapunov : .lagrangian
  }

  /// What of these makes no sense together, in the words of the settings file; `nil` where all does.
  var contradiction: String? {
    if explorationPolicy == .proposed && trainingPolicy != .proposed {
      return "exploration_policy 'proposed' needs training_policy 'proposed': T_h and σ_h would never be trained"
    }
    if explorationPolicy == .flow && trainingPolicy != .flow {
      return "exploration_policy 'flow' needs training_policy 'flow': the flows would never be trained"
    }
    if trainingPolicy == .flow && explorationPolicy.policy?.isEvolved == true {
      return "a policy of flows is not evolved: exploration_policy must be 'flow' or 'gaussian'"
    }
    if constraint == .lyapunov && explorationPolicy != .proposed {
      return "constraint 'lyapunov' filters leapfrog steps: exploration_policy must be 'proposed'"
    }
    if constraint != .none && gamma == 1 {
      return "constraint '\(constraint.rawValue)' needs gamma below 1: its limit is a discounted sum"
    }
    return nil
  }
}
