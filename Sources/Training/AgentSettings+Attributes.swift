import Agents
import HDF5

/// One attribute of `/networks` that an update depends on.
struct AgentSettingsKey: Sendable {
  let write: @Sendable (AgentSettings, Group) throws -> Void
  let read: @Sendable (inout AgentSettings, Group) throws -> Void
}

extension AgentSettings {
  fileprivate typealias Path<Value> = WritableKeyPath<AgentSettings, Value> & Sendable

  static let keys: [AgentSettingsKey] = [
    value("gamma", \.gamma, SettingRanges.share), value("tau", \.tau, SettingRanges.share),
    value("learning_rate", \.learningRate, SettingRanges.positive), value("alpha", \.alpha, SettingRanges.positive),
    value("batch_size", \.batchSize, SettingRanges.batchSize), value("hidden_size", \.hiddenSize, SettingRanges.hiddenSize),
    value("policy_hidden_layers", \.policyHiddenLayers, SettingRanges.policyHiddenLayers),
    value("leapfrog_steps", \.leapfrogSteps, SettingRanges.leapfrogSteps),
    value("leapfrog_step_size", \.leapfrogStepSize, SettingRanges.positive),
    value("leapfrog_hidden_size", \.leapfrogHiddenSize, SettingRanges.hiddenSize),
    value("momentum_std_training", \.momentumStdTraining, SettingRanges.positive),
    value("momentum_std_exploration", \.momentumStdExploration, SettingRanges.positive),
    flag("leapfrog_state_input", \.leapfrogStateInput), flag("momentum_in_value", \.momentumInValue),
    choice("temperature", \.temperature), choice("exploration_policy", \.explorationPolicy),
    choice("training_policy", \.trainingPolicy), choice("momentum", \.momentum), choice("boundary", \.boundary),
    choice("hamiltonian_critic", \.hamiltonianCritic),
  ]

  /// Those that only a flow policy needs.
  static let flowKeys = [value("flows", \.flows, SettingRanges.flows), choice("flow_std", \.flowStd)]

  private static func value<Value: AttributeConvertible & Comparable & Sendable>(
    _ name: String, _ path: Path<Value>, _ range: ClosedRange<Value>
  ) -> AgentSettingsKey {
    AgentSettingsKey(write: { try $1.setAttribute(name, $0[keyPath: path]) }) { settings, group in
      let value: Value = try group.attribute(name)
      guard range.contains(value) else {
        throw CheckpointError.outOfRange(attribute: name, value: "\(value)", file: group.filePath)
      }
      settings[keyPath: path] = value
    }
  }

  private static func flag(_ name: String, _ path: Path<Bool>) -> AgentSettingsKey {
    AgentSettingsKey(write: { try $1.setAttribute(name, $0[keyPath: path]) }) { settings, group in
      settings[keyPath: path] = try group.attribute(name)
    }
  }

  private static func choice<Value: RawRepresentable<String> & Sendable>(
    _ name: String, _ path: Path<Value>
  ) -> AgentSettingsKey {
    AgentSettingsKey(write: { try $1.setAttribute(name, $0[keyPath: path].rawValue) }) { settings, group in
      let text: String = try group.attribute(name)
      guard let value = Value(rawValue: text) else {
        throw CheckpointError.outOfRange(attribute: name, value: text, file: group.filePath)
      }
      settings[keyPath: path] = value
    }
  }
}
