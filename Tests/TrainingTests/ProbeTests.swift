import Agents
import HDF5
import TestSupport
import Testing
import Training

@Suite struct ProbeTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The checkpoint of a run on the point mass that has hardly begun.
  private func checkpoint(_ algorithm: Algorithm) throws -> String {
    var settings = Settings(environment: "PointMass-v0", algorithm: algorithm)
    settings.steps = 1
    settings.batchSize = 4
    settings.hiddenSize = 8
    settings.evaluationEpisodes = 1
    settings.threads = 1
    let directory = RunDirectory(path: "\(folder.path)/\(algorithm.rawValue)")
    try TrainingRun(settings, directory: directory) { PointMass() }.run()
    return directory.checkpoint
  }

  /// A batch of zeros.
  private func batch(rows: Int) throws -> String {
    let path = "\(folder.path)/batch.h5"
    let specification = PointMass().specification
    let widths = [
      ("observations", specification.observationSize), ("next_observations", specification.observationSize),
      ("actions", specification.actionSize), ("policy_noise", specification.actionSize),
      ("momentum_noise", specification.actionSize), ("next_policy_noise", specification.actionSize),
      ("next_momentum_noise", specification.actionSize),
    ]
    try HDF5File.replace(at: path) { file in
      for (name, width) in widths {
        try file.write(name, [Float](repeating: 0, count: rows * width), shape: [rows, width])
      }
      for name in ["rewards", "terminals"] { try file.write(name, [Float](repeating: 0, count: rows)) }
    }
    return path
  }

  @Test func `what an algorithm does not have is not written`() throws {
    let output = "\(folder.path)/result.h5"
    let batch = try batch(rows: 3)
    try Probe.run(checkpoint: try checkpoint(.sac), batch: batch, output: output)
    let common = [
      "base_action", "critic1_loss", "critic2_loss", "gradients", "log_prob", "next_action", "next_log_prob", "policy_loss",
      "target_value",
    ]
    #expect(try HDF5File.open(at: output).childNames.sorted() == common)
    try Probe.run(checkpoint: try checkpoint(.sacHPO), batch: batch, output: output)
    #expect(
      try HDF5File.open(at: output).childNames.sorted() == (common + ["evolved_action", "momentum", "next_momentum"]).sorted())
  }

  @Test(arguments: [0, 65_537]) func `a batch of no rows or of too many is refused`(rows: Int) throws {
    let checkpoint = try checkpoint(.sac)
    let batch = try batch(rows: rows)
    #expect(throws: CheckpointError.wrongRowCount(found: rows, allowed: 1...65_536, file: batch)) {
      try Probe.run(checkpoint: checkpoint, batch: batch, output: "\(folder.path)/result.h5")
    }
    let error = CheckpointError.wrongRowCount(found: 0, allowed: 1...65_536, file: "batch.h5")
    #expect("\(error)" == "'batch.h5' has 0 rows; a batch has 1 to 65536")
  }

  @Test(arguments: ["observations", "rewards", "terminals", "momentum_noise"]) func `a batch with numbers that are not finite is refused`(
    _ name: String
  ) throws {
    let checkpoint = try checkpoint(.sacHPO)
    let path = try batch(rows: 2)
    try HDF5File.replace(at: "\(folder.path)/bad.h5") { bad in
      let good = try HDF5File.open(at: path)
      for child in try good.childNames {
        var values: [Float] = try good.read(child)
        if child == name { values[values.count - 1] = .nan }
        try bad.write(child, values, shape: try good.dataset(child).shape)
      }
    }
    #expect(throws: CheckpointError.notFinite(object: name, file: "\(folder.path)/bad.h5")) {
      try Probe.run(checkpoint: checkpoint, batch: "\(folder.path)/bad.h5", output: "\(folder.path)/result.h5")
    }
  }
}
