import Agents
import HDF5
import LinearAlgebra
import NeuralNetworks

// `/networks/<network>/<layer>/{weight,bias}`: the layout that `checkpoint.h5`, `best.h5` and `hpo probe` share.

extension Group {
  /// Writes every tensor of a parameter set below this group.
  func write(_ parameters: ParameterSet<Float>) throws {
    for tensor in parameters.tensors {
      try parameters.values(of: tensor).withUnsafeMutableBufferPointer { values in
        _ = try write(tensor.name, UnsafeBufferPointer(values), shape: tensor.shape)
      }
    }
  }

  /// Reads every tensor of a parameter set, shapes checked, finite values only.
  func read(into parameters: ParameterSet<Float>) throws {
    for tensor in parameters.tensors {
      let values: [Float] = try read(tensor.name, shape: tensor.shape)
      guard values.allSatisfy(\.isFinite) else {
        throw CheckpointError.notFinite(object: "\(path)/\(tensor.name)", file: filePath)
      }
      parameters.values(of: tensor).copy(from: values)
    }
  }
}

/// Networks with the settings that their use depends on, as files hold them.
enum NetworkFile {
  static func write(_ agent: SoftActorCritic<Float>, settings: Settings, to file: HDF5File) throws {
    let networks = try file.createGroup("networks")
    try networks.setAttribute("environment", settings.environment)
    try networks.setAttribute("algorithm", settings.algorithm.rawValue)
    for key in AgentSettings.keys { try key.write(agent.settings, networks) }
    try networks.setAttribute("observation_size", agent.settings.observationSize)
    try networks.setAttribute("action_size", agent.settings.actionSize)
    // The present ones: a learned α moves, and so does λ.
    try networks.setAttribute("alpha", agent.temperature.alpha)
    try networks.setAttribute("lambda", agent.multiplier?.value ?? 0)
    for (name, parameters) in agent.networks.all { try networks.createGroup(name).write(parameters) }
  }

  /// The settings in force, from the attributes of `/networks`.
  static func settings(of file: HDF5File) throws -> AgentSettings {
    let networks = try file.group("networks")
    let observationSize: Int = try networks.attribute("observation_size")
    let actionSize: Int = try networks.attribute("action_size")
    guard (1...1_000_000).contains(observationSize), (1...100_000).contains(actionSize) else {
      throw CheckpointError.outOfRange(
        attribute: "observation_size, action_size", value: "\(observationSize), \(actionSize)", file: file.filePath)
    }
    var settings = AgentSettings(observationSize: observationSize, actionSize: actionSize)
    for key in AgentSettings.keys { try key.read(&settings, networks) }
    return settings
  }

  /// An agent to be used as it was stored; its optimisers start anew.
  /// - Parameters:
  ///   - batchSize: rows of an update, where it shall not be the stored one.
  ///   - lanes: shares of an update.
  static func agent(from file: HDF5File, batchSize: Int? = nil, lanes: Int = 2) throws -> SoftActorCritic<Float> {
    var settings = try settings(of: file)
    if let batchSize { settings.batchSize = batchSize }
    // Before memory is taken for sizes that a damaged file claims.
    _ = try file.dataset(
      "networks/critic1/0/weight", of: Float.self,
      shape: [settings.hiddenSize, settings.observationSize + settings.actionSize])
    let agent = SoftActorCritic<Float>(settings, seed: 0, pool: WorkerPool(threads: 1), lanes: lanes)
    try read(into: agent.networks, from: file)
    if agent.multiplier != nil {
      agent.multiplier?.restore(value: try file.group("networks").attribute("lambda"), recent: [])
    }
    return agent
  }

  static func read(into networks: ActorCriticNetworks<Float>, from file: HDF5File) throws {
    let group = try file.group("networks")
    for (name, parameters) in networks.all { try group.group(name).read(into: parameters) }
  }
}

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
    value("gamma", \.gamma, 0...1), value("tau", \.tau, 0...1), value("learning_rate", \.learningRate, 0...1e6),
    value("alpha", \.alpha, 0...1e12), value("batch_size", \.batchSize, batchSizes),
    value("hidden_size", \.hiddenSize, 1...16_384), value("policy_hidden_layers", \.policyHiddenLayers, 1...16),
    value("leapfrog_steps", \.leapfrogSteps, 1...1000), value("leapfrog_step_size", \.leapfrogStepSize, 0...1e12),
    value("leapfrog_hidden_size", \.leapfrogHiddenSize, 1...16_384),
    value("momentum_std_training", \.momentumStdTraining, 1e-12...1e12),
    value("momentum_std_exploration", \.momentumStdExploration, 1e-12...1e12),
    flag("leapfrog_state_input", \.leapfrogStateInput), flag("momentum_in_value", \.momentumInValue),
    choice("temperature", \.temperature), choice("exploration_policy", \.explorationPolicy),
    choice("training_policy", \.trainingPolicy), choice("momentum", \.momentum), choice("boundary", \.boundary),
    choice("hamiltonian_critic", \.hamiltonianCritic),
  ]

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

/// What a checkpoint file can hold that its HDF5 reader can not know to be wrong.
public enum CheckpointError: Error, Equatable, CustomStringConvertible {
  case notFinite(object: String, file: String)
  case outOfRange(attribute: String, value: String, file: String)
  case wrongVersion(found: Int, expected: Int, file: String)
  case wrongSize(object: String, found: Int, expected: Int, file: String)
  case wrongRowCount(found: Int, allowed: ClosedRange<Int>, file: String)
  case wrongEnvironment(name: String, sizes: [Int], expected: [Int], file: String)
  case impossibleState(object: String, file: String)

  public var description: String {
    switch self {
    case .notFinite(let object, let file):
      "'\(object)' in '\(file)' holds numbers that are not finite; start over with --fresh, or use another checkpoint"
    case .outOfRange(let attribute, let value, let file):
      "the attribute '\(attribute)' of /networks in '\(file)' can not be '\(value)'; the file is damaged or from elsewhere"
    case .wrongVersion(let found, let expected, let file):
      "'\(file)' has format version \(found), this program reads \(expected); use the program that wrote it, or --fresh"
    case .wrongSize(let object, let found, let expected, let file):
      "'\(object)' in '\(file)' has \(found) values, \(expected) belong there; the file is damaged or of another run"
    case .wrongRowCount(let found, let allowed, let file):
      "'\(file)' has \(found) rows; a batch has \(allowed.lowerBound) to \(allowed.upperBound)"
    case .wrongEnvironment(let name, let sizes, let expected, let file):
      "the networks in '\(file)' are for \(expected[0]) observations and \(expected[1]) actions, \(name) has \(sizes[0]) and "
        + "\(sizes[1]); is the config.yaml beside it that of another run?"
    case .impossibleState(let object, let file):
      "'\(object)' in '\(file)' is no possible state; the file is damaged; start over with --fresh"
    }
  }
}
