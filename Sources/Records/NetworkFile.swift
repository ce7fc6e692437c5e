import Agents
import Configuration
import Gym
import HDF5
import LinearAlgebra
import NeuralNetworks
import SettingDeclarations

// `/networks/<network>/<layer>/{weight,bias}`: the layout that `checkpoint.h5`, `best.h5` and `hpo probe` share.

extension Group {
  /// Writes every tensor of a parameter set below this group.
  package func write(_ parameters: ParameterSet<Float>) throws {
    for tensor in parameters.tensors {
      try parameters.values(of: tensor).withUnsafeMutableBufferPointer { values in
        _ = try write(tensor.name, UnsafeBufferPointer(values), shape: tensor.shape)
      }
    }
  }

  /// Reads every tensor of a parameter set, shapes checked, finite values only.
  package func read(into parameters: ParameterSet<Float>) throws {
    for tensor in parameters.tensors {
      let values: [Float] = try read(tensor.name, shape: tensor.shape)
      guard values.allSatisfy(\.isFinite) else {
        throw CheckpointError.notFinite(object: "\(path)/\(tensor.name)", file: filePath)
      }
      parameters.values(of: tensor).copy(from: values)
    }
  }
}

/// Another run's networks that cannot be begun with.
public struct NetworksDoNotFit: Error, Equatable, CustomStringConvertible {
  /// Its path.
  public let file: String
  /// Which network, and both shapes.
  public let reason: String

  package init(file: String, reason: String) {
    self.file = file
    self.reason = reason
  }

  /// One line.
  public var description: String {
    "cannot begin with the networks of '\(file)': \(reason); take that run's environment, algorithm and sizes (its config.yaml has them)"
  }
}

/// Networks with the settings that their use depends on, as files hold them.
package enum NetworkFile {
  /// Writes what acting needs, as `best.h5` and snapshots are laid out.
  /// - Parameters:
  ///   - step: environment steps that the networks were trained for.
  ///   - attributes: more of them.
  package static func writeFile(
    of agent: any Agent<Float>, settings: Settings, facts: EnvironmentSpecification, step: Int, to path: String,
    attributes: (HDF5File) throws -> Void
  ) throws {
    try HDF5File.replace(at: path) { file in
      try file.setAttribute("step", step)
      try attributes(file)
      try write(agent, settings: settings, facts: facts, configuration: settings.yaml, to: file)
    }
  }

  /// Writes what checkpoints and files of networks alone have in common: their origin and the networks.
  package static func write(
    _ agent: any Agent<Float>, settings: Settings, facts: EnvironmentSpecification, configuration: String, to file: HDF5File
  ) throws {
    try file.setFormatVersion(Checkpoint.formatVersion)
    try file.setAttribute("configuration", configuration)
    for library in Versions.all(facts.libraries) { try file.setAttribute(library.name, library.version) }
    try file.setModelHash(facts.modelHash)
    try write(agent, settings: settings, to: file)
  }

  package static func write(_ agent: any Agent<Float>, settings: Settings, to file: HDF5File) throws {
    // The present ones: a learned α moves, and so does λ.
    let agentSettings = agent.settings
    let networks = try file.createGroup("networks")
    try networks.setAttribute("environment", settings.environment)
    try networks.setAttribute("algorithm", settings.algorithm.name)
    try agentSettings.write(to: networks)
    try networks.setAttribute("observation_size", agentSettings.observationSize)
    try networks.setAttribute("action_size", agentSettings.actionSize)
    // Other programs expect it of every agent.
    try networks.setAttribute("lambda", 0.0)
    for item in agent.networkAttributes { try networks.write(item) }
    for (name, parameters) in agent.networks { try networks.createGroup(name).write(parameters) }
  }

  /// The settings in force, from the attributes of `/networks`.
  /// - Parameter values: what holds for settings that the file does not have, and the agent that its algorithm stands for.
  package static func settings(of file: HDF5File, over values: SettingValues) throws -> AgentSettings {
    let networks = try file.group("networks")
    let observationSize: Int = try networks.attribute("observation_size")
    let actionSize: Int = try networks.attribute("action_size")
    guard (1...1_000_000).contains(observationSize), (1...100_000).contains(actionSize) else {
      throw CheckpointError.outOfRange(
        attribute: "observation_size, action_size", value: "\(observationSize), \(actionSize)", file: file.filePath)
    }
    var settings = AgentSettings(observationSize: observationSize, actionSize: actionSize, values: values)
    try settings.read(from: networks)
    if let text = settings.contradiction { throw CheckpointError.contradiction(text, file: file.filePath) }
    return settings
  }

  /// An agent to be used as it was stored; its optimisers start anew.
  /// - Parameter batchSize: rows of an update, all in one lane.
  package static func agent(from file: HDF5File, batchSize: Int, over values: SettingValues) throws -> any Agent<Float> {
    var settings = try settings(of: file, over: values)
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

  /// Takes over the networks that a file has under the names that an agent knows; all else of the agent stays as it is.
  /// - Returns: names of the agent's networks that the file does not have.
  /// - Throws: ``NetworksDoNotFit`` where one has another shape; `HDF5Error`, ``CheckpointError`` for a damaged file.
  package static func adopt(into agent: any Agent<Float>, from file: HDF5File) throws -> [String] {
    let group = try file.group("networks")
    let present = Set(try group.childNames)
    for (name, parameters) in agent.networks where present.contains(name) {
      let network = try group.group(name)
      let layers = Set(parameters.tensors.map { String($0.name.prefix { $0 != "/" }) })
      guard Set(try network.childNames) == layers else {
        throw NetworksDoNotFit(
          file: file.filePath, reason: "'\(name)' has \(try network.childNames.count) layers there and \(layers.count) here")
      }
      for tensor in parameters.tensors {
        let found = try network.dataset(tensor.name).shape
        guard found == tensor.shape else {
          throw NetworksDoNotFit(
            file: file.filePath, reason: "'\(name)/\(tensor.name)' has shape \(found) there and \(tensor.shape) here")
        }
      }
      try network.read(into: parameters)
    }
    return agent.networks.map(\.name).filter { !present.contains($0) }
  }

  package static func read(into agent: any Agent<Float>, from file: HDF5File) throws {
    let group = try file.group("networks")
    for (name, parameters) in agent.networks { try group.group(name).read(into: parameters) }
  }
}
