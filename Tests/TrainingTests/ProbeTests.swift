import Agents
import Configuration
import HDF5
import Interchange
import Records
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
    if settings.constraint != .none { (settings.cost, settings.costLimit) = (.own, 3) }
    let directory = RunDirectory(path: "\(folder.path)/\(algorithm.name)")
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
    #expect(throws: CheckpointError.wrongRowCount(found: rows, allowed: "1 to 65536", file: batch)) {
      try Probe.run(checkpoint: checkpoint, batch: batch, output: "\(folder.path)/result.h5")
    }
    let error = CheckpointError.wrongRowCount(found: 0, allowed: "1 to 65536", file: "batch.h5")
    #expect("\(error)" == "'batch.h5' has 0 rows; a batch has 1 to 65536")
  }

  /// A copy of a batch, but for what `write` writes under this name.
  private func batch(like path: String, but name: String, _ write: (HDF5File) throws -> Void) throws -> String {
    let changed = "\(folder.path)/changed.h5"
    try HDF5File.replace(at: changed) { file in
      let old = try HDF5File.open(at: path)
      for child in try old.childNames where child != name {
        try file.write(child, try old.read(child, as: Float.self), shape: try old.dataset(child).shape)
      }
      try write(file)
    }
    return changed
  }

  @Test func `terminals are 0 and 1 of any type, one a row, and nothing between`() throws {
    let checkpoint = try checkpoint(.sac)
    let good = try batch(rows: 3)
    func probe(_ write: (HDF5File) throws -> Void) throws -> [Float] {
      let changed = try batch(like: good, but: "terminals", write)
      try Probe.run(checkpoint: checkpoint, batch: changed, output: "\(folder.path)/result.h5")
      return try HDF5File.open(at: "\(folder.path)/result.h5").read("target_value")
    }
    let values = try probe { try $0.write("terminals", [0, 1, 0] as [Float]) }
    #expect(values[0] != 0 && values[1] == 0)
    #expect(try probe { try $0.write("terminals", [false, true, false]) } == values)
    #expect(try probe { try $0.write("terminals", [0, 1, 0] as [Int32]) } == values)
    for wrong in [0.5, -1, 2] as [Float] {
      let error = #expect(throws: CheckpointError.self) { try probe { try $0.write("terminals", [0, 1, wrong]) } }
      #expect(
        error?.description == "'terminals' in '\(folder.path)/changed.h5' holds \(wrong) at index 2; it must be 0 or 1, or a boolean")
    }
    #expect(
      throws: HDF5Error.wrongShape(object: "/terminals", file: "\(folder.path)/changed.h5", expected: [3], found: [2])
    ) { try probe { try $0.write("terminals", [true, false]) } }
  }

  @Test func `a safe agent's batch has a cost for every row`() throws {
    let checkpoint = try checkpoint(.safeSACHPO)
    let good = try batch(rows: 3)
    func probe(_ batch: String) throws -> [Float] {
      try Probe.run(checkpoint: checkpoint, batch: batch, output: "\(folder.path)/result.h5")
      return try HDF5File.open(at: "\(folder.path)/result.h5").read("cost_target_value")
    }
    let zero = try probe(batch(like: good, but: "costs") { try $0.write("costs", [0, 0, 0] as [Float]) })
    let values = try probe(batch(like: good, but: "costs") { try $0.write("costs", [0, 0.5, 2] as [Float]) })
    for (value, (zero, cost)) in zip(values, zip(zero, [0, 0.5, 2] as [Float])) { #expect(abs(value - zero - cost) < 1e-6) }
    #expect(throws: HDF5Error.self) { try probe(good) }
    #expect(throws: HDF5Error.wrongShape(object: "/costs", file: "\(folder.path)/changed.h5", expected: [3], found: [3, 1])) {
      try probe(batch(like: good, but: "costs") { try $0.write("costs", [0, 0, 0] as [Float], shape: [3, 1]) })
    }
  }

  @Test func `a shape that is wrong is found before memory is taken for the update`() throws {
    // A file that lacks most of its layers as well: the shape is what is complained of.
    for (name, checkpoint) in [("terminals", try checkpoint(.sac)), ("costs", try checkpoint(.sacLagrangian))] {
      let file = try HDF5File.open(at: checkpoint, mode: .readWrite)
      try file.group("networks").setAttribute("policy_hidden_layers", 16)
      try file.close()
      let batch = try batch(like: try batch(rows: 3), but: name) { try $0.write(name, [0, 0] as [Float]) }
      #expect(throws: HDF5Error.wrongShape(object: "/\(name)", file: batch, expected: [3], found: [2])) {
        try Probe.run(checkpoint: checkpoint, batch: batch, output: "\(folder.path)/result.h5")
      }
    }
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
