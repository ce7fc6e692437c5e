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
  static func write(_ agent: any Agent<Float>, settings: Settings, to file: HDF5File) throws {
    // The present ones: a learned α moves, and so does λ.
    let agentSettings = agent.settings
    let networks = try file.createGroup("networks")
    try networks.setAttribute("environment", settings.environment)
    try networks.setAttribute("algorithm", settings.algorithm.rawValue)
    for key in AgentSettings.keys + AgentSettings.flowKeys { try key.write(agentSettings, networks) }
    try networks.setAttribute("observation_size", agentSettings.observationSize)
    try networks.setAttribute("action_size", agentSettings.actionSize)
    try networks.setAttribute("agent", agentSettings.kind.name)
    try networks.setAttribute("constraint", agentSettings.constraint.rawValue)
    if let safety = agentSettings.safety {
      try networks.setAttribute("cost_limit", safety.costLimit)
      try networks.setAttribute("multiplier_rate", safety.multiplierRate)
      try networks.setAttribute("safe_leapfrog_steps", safety.safeLeapfrogSteps)
    }
    // Other programs expect it of every agent.
    try networks.setAttribute("lambda", 0.0)
    for item in agent.networkAttributes { try networks.write(item) }
    for (name, parameters) in agent.networks { try networks.createGroup(name).write(parameters) }
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
    if try networks.attributeExists("agent") {
      let name: String = try networks.attribute("agent")
      guard let kind = AgentKind.all.first(where: { $0.name == name }) else {
        throw CheckpointError.outOfRange(attribute: "agent", value: name, file: file.filePath)
      }
      settings.kind = kind
    }
    // Files of agents without flows or constraint, from other programs or before these came, need not mention them.
    if settings.usesFlow { for key in AgentSettings.flowKeys { try key.read(&settings, networks) } }
    let isConstrained = try networks.attributeExists("constraint")
    let constraint: String = isConstrained ? try networks.attribute("constraint") : Constraint.none.rawValue
    if constraint != Constraint.none.rawValue {
      guard let constraint = Constraint(rawValue: constraint) else {
        throw CheckpointError.outOfRange(attribute: "constraint", value: constraint, file: file.filePath)
      }
      var safety = SafetySettings(
        costLimit: try networks.attribute("cost_limit"), filtersActions: constraint == .lyapunov)
      safety.multiplierRate = try networks.attribute("multiplier_rate")
      safety.safeLeapfrogSteps = try networks.attribute("safe_leapfrog_steps")
      guard SettingRanges.leapfrogSteps.contains(safety.safeLeapfrogSteps), SettingRanges.positive.contains(safety.costLimit),
        SettingRanges.positive.contains(safety.multiplierRate)
      else {
        throw CheckpointError.outOfRange(
          attribute: "cost_limit, multiplier_rate, safe_leapfrog_steps",
          value: "\(safety.costLimit), \(safety.multiplierRate), \(safety.safeLeapfrogSteps)", file: file.filePath)
      }
      settings.safety = safety
    }
    if let text = settings.contradiction { throw CheckpointError.contradiction(text, file: file.filePath) }
    return settings
  }

  /// An agent to be used as it was stored; its optimisers start anew.
  /// - Parameter batchSize: rows of an update, all in one lane.
  static func agent(from file: HDF5File, batchSize: Int) throws -> any Agent<Float> {
    var settings = try settings(of: file)
    settings.batchSize = batchSize
    settings.lanes = 1
    try requireLayers(of: settings, in: file)
    let agent = makeAgent(settings, seed: 0, pool: WorkerPool(threads: 1))
    try read(into: agent, from: file)
    let networks = try file.group("networks")
    for item in agent.networkAttributes { try networks.read(item) }
    return agent
  }

  /// Before memory is taken for the sizes that a damaged file claims.
  private static func requireLayers(of settings: AgentSettings, in file: HDF5File) throws {
    for (layer, shape) in settings.kind.type.layerShapes(settings) {
      try file.dataset("networks/\(layer)", of: Float.self, shape: shape).requirePlausibleShape()
    }
  }

  static func read(into agent: any Agent<Float>, from file: HDF5File) throws {
    let group = try file.group("networks")
    for (name, parameters) in agent.networks { try group.group(name).read(into: parameters) }
  }
}
