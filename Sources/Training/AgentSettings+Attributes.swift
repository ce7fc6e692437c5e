import Agents
import HDF5

/// One attribute of `/networks` that an update depends on.
struct AgentSettingsKey: Sendable {
  let write: @Sendable (AgentSettings, Group) throws -> Void
  let read: @Sendable (inout AgentSettings, Group) throws -> Void
}

extension AgentSettings {
  fileprivate typealias Path<Value> = WritableKeyPath<AgentSettings, Value> & Sendable

  /// Rows that an update may have.
  static let batchSizes = 1...65_536

  static let keys: [AgentSettingsKey] = [
    value("gamma", \.gamma, 0...1), value("tau", \.tau, 0...1), value("learning_rate", \.learningRate, positive),
    value("alpha", \.alpha, positive), value("batch_size", \.batchSize, batchSizes),
    value("hidden_size", \.hiddenSize, 1...4096), value("policy_hidden_layers", \.policyHiddenLayers, 1...16),
    value("leapfrog_steps", \.leapfrogSteps, 1...1000), value("leapfrog_step_size", \.leapfrogStepSize, positive),
    value("leapfrog_hidden_size", \.leapfrogHiddenSize, 1...4096),
    value("momentum_std_training", \.momentumStdTraining, positive),
    value("momentum_std_exploration", \.momentumStdExploration, positive),
    flag("leapfrog_state_input", \.leapfrogStateInput), flag("momentum_in_value", \.momentumInValue),
    choice("temperature", \.temperature), choice("exploration_policy", \.explorationPolicy),
    choice("training_policy", \.trainingPolicy), choice("momentum", \.momentum), choice("boundary", \.boundary),
    choice("hamiltonian_critic", \.hamiltonianCritic),
  ]

  /// Those that only a flow policy needs.
  static let flowKeys = [value("flows", \.flows, 1...1000), choice("flow_std", \.flowStd)]

  private static let positive = Double.leastNonzeroMagnitude...Double.greatestFiniteMagnitude

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
