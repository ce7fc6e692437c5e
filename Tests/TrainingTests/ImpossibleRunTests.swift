import Configuration
import Foundation
import HDF5
import Interchange
import Records
import TestSupport
import Testing
import Training

/// Files of a run whose content is sound HDF5 but cannot be: found by Tests/Fuzzing or looked for.
@Suite struct ImpossibleRunTests {
  private let folder: TemporaryFolder
  private let directory: RunDirectory

  init() throws {
    folder = try TemporaryFolder()
    directory = RunDirectory(path: "\(folder.path)/run")
    try train(steps: 60)
  }

  private func train(steps: Int, in directory: RunDirectory? = nil, evaluationEpisodes: Int = 2) throws {
    var settings = Settings(environment: "PointMass-v0", algorithm: .sac)
    settings.steps = steps
    settings.batchSize = 4
    settings.hiddenSize = 8
    settings.updateAfter = 50
    settings.evaluationInterval = 30
    settings.evaluationEpisodes = evaluationEpisodes
    settings.threads = 1
    try TrainingRun(settings, directory: directory ?? self.directory) { PointMass() }.run()
  }

  private func edit(_ path: String, _ change: (HDF5File) throws -> Void) throws {
    let file = try HDF5File.open(at: path, mode: .readWrite(recovering: true))
    try change(file)
    try file.close()
  }

  @Test(arguments: [
    ("progress", "loop_steps"), ("progress", "update_count"), ("progress", "episode_length"), ("optimizers/policy", "steps"),
  ])
  func `a count that going on would overflow is refused`(_ place: (group: String, name: String)) throws {
    try edit(directory.checkpoint) { try $0.group(place.group).setAttribute(place.name, Int.max) }
    #expect(throws: CheckpointError.impossibleState(object: "/\(place.group) \(place.name)", file: directory.checkpoint)) {
      try train(steps: 70)
    }
  }

  @Test func `a curve of evaluations with another number of episodes is refused`() throws {
    let other = RunDirectory(path: "\(folder.path)/other")
    try train(steps: 60, in: other, evaluationEpisodes: 4)
    let own = try HDF5File.open(at: directory.curve, mode: .readOnlyAfterWriter)
    let configuration: String = try own.attribute("configuration")
    try own.close()
    try edit(other.curve) { try $0.setAttribute("configuration", configuration) }
    try FileManager.default.removeItem(atPath: directory.curve)
    try FileManager.default.copyItem(atPath: other.curve, toPath: directory.curve)
    let error = HDF5Error.wrongShape(
      object: "/evaluation/returns", file: directory.curve, expected: [nil, 2], found: [2, 4])
    #expect(throws: error) { try train(steps: 70) }
  }

  @Test func `a replay that claims more rows than its file can hold is refused, before they are cut off one by one`() throws {
    try edit(directory.replay) { try $0.dataset("rewards").setRowCount(1 << 60) }
    let error = #expect(throws: HDF5Error.self) { try train(steps: 70) }
    #expect(error?.description.contains("'/rewards'") == true)
    #expect(error?.description.contains("it claims shape [1152921504606846976] in a file of") == true)
  }

  @Test func `networks of more layers than the file has are refused`() throws {
    try edit(directory.checkpoint) { try $0.group("networks").setAttribute("policy_hidden_layers", 16) }
    let error = #expect(throws: HDF5Error.self) { try Probe.run(checkpoint: directory.checkpoint, batch: try batch(), output: "") }
    #expect(error?.description.contains("'/networks/policy/2/weight' in") == true)
  }

  @Test(arguments: [
    (
      "exploration_policy", "proposed",
      "exploration_policy 'proposed' needs training_policy 'proposed': T_h and σ_h would never be trained"
    ),
    ("exploration_policy", "flow", "exploration_policy 'flow' needs training_policy 'flow': the flows would never be trained"),
    ("constraint", "lyapunov", "constraint 'lyapunov' filters leapfrog steps: exploration_policy must be 'proposed'"),
  ])
  func `attributes of networks that contradict one another are refused in the words of settings`(
    _ change: (name: String, value: String, reason: String)
  ) throws {
    try edit(directory.checkpoint) { file in
      let networks = try file.group("networks")
      try networks.setAttribute(change.name, change.value)
      try networks.setAttribute("cost_limit", 3.0)
      try networks.setAttribute("multiplier_rate", 0.1)
      try networks.setAttribute("safe_leapfrog_steps", 10)
    }
    let error = #expect(throws: CheckpointError.self) { try Probe.run(checkpoint: directory.checkpoint, batch: try batch(), output: "") }
    #expect(
      error?.description == "the attributes of /networks in '\(directory.checkpoint)' contradict one another (\(change.reason)); "
        + "the file is damaged or from elsewhere")
  }

  /// A probe's input that would do for two rows.
  private func batch() throws -> String {
    let path = "\(folder.path)/batch.h5"
    let facts = PointMass().specification
    let widths = [
      "observations": facts.observationSize, "next_observations": facts.observationSize, "actions": facts.actionSize,
      "policy_noise": facts.actionSize, "momentum_noise": facts.actionSize, "next_policy_noise": facts.actionSize,
      "next_momentum_noise": facts.actionSize,
    ]
    try HDF5File.replace(at: path) { file in
      for (name, width) in widths { try file.write(name, [Float](repeating: 0, count: 2 * width), shape: [2, width]) }
      for name in ["rewards", "terminals"] { try file.write(name, [Float](repeating: 0, count: 2)) }
    }
    return path
  }
}
