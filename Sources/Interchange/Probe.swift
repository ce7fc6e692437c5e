import Agents
import Configuration
import Experience
import HDF5
import LinearAlgebra
import Records
import SettingDeclarations
import Support

/// `hpo probe`: one update's every number on a given batch with given noise, at a checkpoint's parameters, so that other programs
/// can check the formulas. Nothing is stepped.
public enum Probe {
  /// - Parameters:
  ///   - checkpoint: a file with `/networks`.
  ///   - batch: `observations`, `actions`, `rewards`, `next_observations`, `terminals`, for a safe agent `costs`, and the four noise
  ///     arrays.
  ///   - output: replaced as a whole.
  ///   - algorithms: those that the checkpoint may be of.
  /// - Throws: `HDF5Error`, `CheckpointError`.
  public static func run(
    checkpoint: String, batch: String, output: String, algorithms: AlgorithmCatalogue = .standard
  ) throws {
    try OutputIsInput.check(output: output, inputs: [checkpoint, batch])
    let networks = try HDF5File.open(at: checkpoint)
    let input = try HDF5File.open(at: batch)
    let size = try input.dataset("rewards", of: Float.self, shape: [nil]).rowCount
    let allowed = ActorCriticSettings.declared.batchSize.allowed
    guard allowed.contains(size) else { throw CheckpointError.wrongRowCount(found: size, allowed: allowed.brief, file: batch) }
    let group = try networks.group("networks")
    let name: String? = try group.attributeExists("algorithm") ? group.attribute("algorithm") : nil
    let values = algorithms.algorithms.first { $0.name == name }?.bundle ?? SettingValues()
    try requireShapes(in: input, size: size, settings: try NetworkFile.settings(of: networks, over: values))
    let agent = try NetworkFile.agent(from: networks, batchSize: size, over: values)
    let given = try read(input, size: size, into: agent)
    let report = agent.probe(given: given)
    try HDF5File.replace(at: output) { file in
      for (name, shape, values) in report.tensors { try file.write(name, values, shape: shape) }
      for (name, value) in report.scalars { try file.write(name, [value], shape: []) }
      let gradients = try file.createGroup("gradients")
      for trained in report.gradients { try gradients.createGroup(trained.name).write(trained.gradient) }
    }
  }

  /// Before memory is taken for an update of that many rows.
  private static func requireShapes(in file: HDF5File, size: Int, settings: AgentSettings) throws {
    let (n, d) = (settings.observationSize, settings.actionSize)
    let noise = try settings.kind.type.noiseShapes(settings, rows: size).filter { try $0.isNeeded || file.childNames.contains($0.name) }
    let shapes =
      [("observations", [size, n]), ("actions", [size, d]), ("next_observations", [size, n])] + noise.map { ($0.name, $0.shape) }
    for (name, shape) in shapes { try file.dataset(name, of: Float.self, shape: shape).requirePlausibleShape() }
    // Of any type that holds 0 and 1.
    let terminals = try file.dataset("terminals")
    try terminals.requireShape([size])
    try terminals.requirePlausibleShape()
    if settings.costConstraint != nil { try file.dataset("costs", of: Float.self, shape: [size]).requirePlausibleShape() }
  }

  /// - Returns: names of the noise that the file has.
  private static func read(_ file: HDF5File, size: Int, into agent: any Agent<Float>) throws -> Set<String> {
    let n = agent.settings.observationSize
    let d = agent.settings.actionSize
    func finite(_ name: String, shape: [Int]) throws -> [Float] {
      let values: [Float] = try file.read(name, shape: shape)
      guard values.allSatisfy(\.isFinite) else { throw CheckpointError.notFinite(object: name, file: file.filePath) }
      return values
    }
    func fill(_ name: String, _ matrix: Matrix<Float>, shape: [Int]? = nil) throws {
      let values = try finite(name, shape: shape ?? [size, matrix.columns])
      for row in 0..<matrix.rows { for column in 0..<matrix.columns { matrix[row, column] = values[row * matrix.columns + column] } }
    }
    let batch = agent.minibatch
    demand(batch.observations.columns == n && batch.actions.columns == d, "the minibatch does not fit the agent")
    try fill("observations", batch.observations)
    try fill("actions", batch.actions)
    try fill("next_observations", batch.nextObservations)
    batch.rewards.copy(from: try finite("rewards", shape: [size]))
    // Stored as booleans or as 0 and 1 of any type.
    let terminals = try file.dataset("terminals")
    if terminals.elementType == .boolean {
      batch.terminals.copy(from: try terminals.read(as: Bool.self, shape: [size]).map { $0 ? 1 : 0 })
    } else {
      let flags = try finite("terminals", shape: [size])
      // Anything between would be neither the future's value nor none.
      if let index = flags.firstIndex(where: { $0 != 0 && $0 != 1 }) {
        throw CheckpointError.notFlag(object: "terminals", index: index, value: flags[index], file: file.filePath)
      }
      batch.terminals.copy(from: flags)
    }
    if agent.settings.costConstraint != nil { batch.costs.copy(from: try finite("costs", shape: [size])) }
    var given: Set<String> = []
    for ((name, values), noise) in zip(agent.noise, type(of: agent).noiseShapes(agent.settings, rows: size)) {
      guard try noise.isNeeded || file.childNames.contains(name) else { continue }
      try fill(name, values, shape: noise.shape)
      given.insert(name)
    }
    return given
  }
}
