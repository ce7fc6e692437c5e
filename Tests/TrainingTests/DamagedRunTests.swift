import Configuration
import Environments
import Experience
import Foundation
import HDF5
import Records
import TestSupport
import Testing
import Training

/// What happens to a run's files between two processes: each is one clear error, and once the file is back the run goes on as if
/// nothing had been.
@Suite struct DamagedRunTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try train(steps: 300, in: "whole")
    try train(steps: 150, in: "run")
  }

  private func train(
    steps: Int, in name: String, seed: Int = 0, damping: Double = 0.9,
    warn: (String) -> Void = { _ in }
  ) throws {
    var settings = Settings(environment: "PointMass-v0", algorithm: .sacHPO)
    settings.seed = seed
    settings.steps = steps
    settings.batchSize = 8
    settings.hiddenSize = 8
    settings.updateAfter = 100
    settings.warmupSteps = 50
    settings.loggingInterval = 50
    settings.evaluationInterval = 150
    settings.evaluationEpisodes = 1
    settings.checkpointInterval = 50
    try TrainingRun(settings, directory: RunDirectory(path: "\(folder.path)/\(name)"), warn: warn) {
      PointMass(damping: damping)
    }.run()
  }

  private func path(_ file: String) -> String { "\(folder.path)/run/\(file)" }

  /// Damages a file, expects this error from going on, puts the file back and expects the run to end as if nothing had been.
  private func expectError(_ file: String, _ text: String, damage: (String) throws -> Void) throws {
    let whole = try Data(contentsOf: URL(fileURLWithPath: path(file)))
    try damage(path(file))
    do {
      try train(steps: 300, in: "run")
      Issue.record("a damaged \(file) was accepted")
    } catch {
      #expect("\(error)".contains(text.replacingOccurrences(of: "PATH", with: path(file))), "\(error)")
      #expect(!"\(error)".contains("\n"))
    }
    try whole.write(to: URL(fileURLWithPath: path(file)))
    try train(steps: 300, in: "run")
    #expect(try runContents(of: "\(folder.path)/run") == runContents(of: "\(folder.path)/whole"))
  }

  @Test(arguments: ["checkpoint.h5", "curve.h5", "replay.h5"]) func `a file of another format version is refused`(_ file: String) throws {
    try expectError(file, "'PATH' has format version 7, this program reads 1; use the program that wrote it, or --fresh") { path in
      let file = try HDF5File.open(at: path, mode: .readWrite)
      try file.setAttribute("format_version", 7)
      try file.close()
    }
  }

  @Test(arguments: ["checkpoint.h5", "curve.h5", "replay.h5"], [0.5, 0.9]) func `a file that was cut short is refused`(
    _ file: String, _ share: Double
  ) throws {
    try expectError(file, "PATH") { path in
      let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
      try #require(truncate(path, Int(share * Double(size))) == 0)
    }
  }

  @Test(arguments: ["curve.h5", "replay.h5"]) func `another run's file in the place of this one's is refused, the difference shown`(
    _ file: String
  ) throws {
    try train(steps: 150, in: "other", seed: 3)
    try expectError(
      file, "'PATH' is of another run (seed: 3 there, 0 now); put the run's own back, or start over with --fresh"
    ) { path in
      try FileManager.default.removeItem(atPath: path)
      try FileManager.default.copyItem(atPath: "\(folder.path)/other/\(file)", toPath: path)
    }
  }

  @Test(arguments: ["curve.h5", "replay.h5"]) func `a file that is gone is named`(_ file: String) throws {
    try expectError(file, "'PATH' does not exist") { path in try FileManager.default.removeItem(atPath: path) }
  }

  @Test func `an environment that is no longer the one the episode began in is refused, and nothing is changed`() throws {
    let error = #expect(throws: RunError.self) { try train(steps: 300, in: "run", damping: 0.8) }
    #expect(error == .environmentChanged(step: 150, path: "\(folder.path)/run"))
    try train(steps: 300, in: "run")
    #expect(try runContents(of: "\(folder.path)/run") == runContents(of: "\(folder.path)/whole"))
  }

  @Test func `readers that are opening the files do not keep a run from going on`() throws {
    // What h5py holds for the moment of opening a file with swmr=True, and as long as it is open without.
    let readers = ["curve.h5", "replay.h5"].map { open(path($0), O_RDONLY) }
    defer { for reader in readers { close(reader) } }
    for reader in readers { try #require(flock(reader, LOCK_SH) == 0) }
    try train(steps: 300, in: "run")
    #expect(try runContents(of: "\(folder.path)/run") == runContents(of: "\(folder.path)/whole"))
  }

  @Test func `a best.h5 that is gone is warned of and written again`() throws {
    try FileManager.default.removeItem(atPath: path("best.h5"))
    var warnings: [String] = []
    try train(steps: 300, in: "run") { warnings.append($0) }
    #expect(warnings == ["'\(path("best.h5"))' is gone; the next evaluation's networks take its place"])
    #expect(FileManager.default.fileExists(atPath: path("best.h5")))
  }

  @Test func `a run whose directory is taken away and made again leaves the new one alone`() throws {
    var settings = Settings(environment: "PointMass-v0", algorithm: .sac)
    settings.steps = 100
    settings.hiddenSize = 8
    settings.warmupSteps = 100
    settings.updateAfter = 100
    settings.checkpointInterval = 50
    settings.evaluationInterval = 50
    settings.evaluationEpisodes = 1
    let directory = RunDirectory(path: "\(folder.path)/taken")
    let run = try TrainingRun(settings, directory: directory) { PointMass() }
    run.onStep = { run in
      if run.stepsTaken != 40 { return }
      try? FileManager.default.removeItem(atPath: directory.path)
      try? FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: false)
      FileManager.default.createFile(atPath: "\(directory.path)/.lock", contents: Data())
    }
    #expect(throws: RunError.directoryReplaced(path: directory.path)) { try run.run() }
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == [".lock"])
  }

  @Test func `a temperature that is not finite is refused by its place in the file`() throws {
    try expectError("checkpoint.h5", "'/optimizers/temperature' in 'PATH' holds numbers that are not finite") { path in
      let file = try HDF5File.open(at: path, mode: .readWrite)
      try file.group("optimizers/temperature").setAttribute("log_alpha", Double.nan)
      try file.close()
    }
  }

  @Test func `going on where numbers round otherwise is warned of in one line`() throws {
    let file = try HDF5File.open(at: path("checkpoint.h5"), mode: .readWrite)
    let here: String = try file.attribute("openblas_version")
    try file.setAttribute("openblas_version", "OpenBLAS 0.3.0 (Prescott)")
    try file.close()
    var warnings: [String] = []
    try train(steps: 200, in: "run") { warnings.append($0) }
    #expect(
      warnings == [
        "'\(folder.path)/run' goes on where numbers may round otherwise (openblas_version OpenBLAS 0.3.0 (Prescott) there, \(here) "
          + "here): its end may differ from an uninterrupted run's"
      ])
    // The checkpoint now says what the newest numbers were computed with.
    try train(steps: 250, in: "run") { Issue.record("\($0)") }
  }

  /// As if the checkpoint were of a machine or a build that computes otherwise.
  private func comeFromElsewhere(_ attribute: String = "openblas_version") throws {
    let file = try HDF5File.open(at: path("checkpoint.h5"), mode: .readWrite)
    try file.setAttribute(attribute, "another")
    try file.close()
  }

  /// Rows 149 and 150 of replay.h5: the run stops within an episode at step 150.
  private func expectCut(at row: Int, isCut: Bool) throws {
    let replay = try HDF5File.open(at: path("replay.h5"))
    #expect(try replay.dataset("timeouts").read(rows: row..<row + 1, as: Bool.self) == [isCut])
    let next: [Float] = try replay.dataset("next_observations").read(rows: row..<row + 1)
    let following: [Float] = try replay.dataset("observations").read(rows: row + 1..<row + 2)
    #expect((next != following) == isCut)
    let buffer = ReplayBuffer(capacity: 1000, observationSize: 4, actionSize: 2)
    try replay.close()
    let rows = try HDF5File.open(at: path("replay.h5")).dataset("rewards").rowCount
    _ = try ReplayFile.resume(at: path("replay.h5"), rows: rows, into: buffer)
    var held: [[Float]] = []
    buffer.forEachStep(from: row) { held.append(Array($0.nextObservation)) }
    #expect(held[0] == next)
  }

  @Test func `an episode that is cut on going on elsewhere is a timeout in memory and file, and no finished episode`() throws {
    try comeFromElsewhere()
    var warnings: [String] = []
    try train(steps: 200, in: "run", damping: 0.8) { warnings.append($0) }
    #expect(
      warnings.last == "its episode at step 150 cannot be taken again to the last bit here and is cut: a timeout in replay.h5")
    try expectCut(at: 149, isCut: true)
    let curve = try HDF5File.open(at: path("curve.h5"))
    let (ends, lengths): ([Int], [Double]) = (try curve.read("episode/step"), try curve.read("episode/length"))
    try curve.close()
    #expect(!ends.contains(150) && ends.contains { $0 > 150 })
    for (end, length) in zip(ends, lengths) { #expect(end <= 150 || end - Int(length) >= 150) }
    try train(steps: 250, in: "run", damping: 0.8)
    try expectCut(at: 149, isCut: true)
  }

  @Test func `a cut that no checkpoint counts has not happened`() throws {
    try comeFromElsewhere()
    let directory = RunDirectory(path: "\(folder.path)/run")
    var settings = try Settings(recorded: try String(contentsOfFile: directory.config, encoding: .utf8), source: "config.yaml")
    settings.steps = 300
    // Opened, the episode cut, and gone.
    _ = try TrainingRun(settings, directory: directory) { PointMass(damping: 0.8) }
    try train(steps: 300, in: "run")
    #expect(try runContents(of: "\(folder.path)/run") == runContents(of: "\(folder.path)/whole"))
  }

  @Test(arguments: ["commit", "compiler", "libc", "packages", "program_version"])
  func `another build that computes otherwise is warned of and cuts the episode, instead of a changed model being blamed`(
    _ attribute: String
  ) throws {
    try comeFromElsewhere(attribute)
    var warnings: [String] = []
    try train(steps: 200, in: "run", damping: 0.8) { warnings.append($0) }
    #expect(warnings.count == 2 && warnings[0].contains("may round otherwise (\(attribute) another there, "), "\(warnings)")
  }

  @Test func `another simulator's version is warned of before a model is said to have changed`() throws {
    let directory = RunDirectory(path: "\(folder.path)/hopper")
    func train(steps: Int, warn: @escaping (String) -> Void = { _ in }) throws {
      let settings = try Settings(["algorithm=sac", "steps=\(steps)", "hidden_size=8", "evaluation_episodes=1"], environment: "Hopper-v5")
      try TrainingRun(settings, directory: directory, warn: warn) { try EnvironmentCatalog.make("Hopper-v5") }.run()
    }
    try train(steps: 10)
    let file = try HDF5File.open(at: directory.checkpoint, mode: .readWrite)
    try file.setAttribute("model_hash", "another")
    try file.close()
    #expect(throws: RunError.modelChanged(path: directory.path, environment: "Hopper-v5")) { try train(steps: 20) }
    let again = try HDF5File.open(at: directory.checkpoint, mode: .readWrite)
    try again.setAttribute("mujoco_version", "3.0.0")
    try again.close()
    var warnings: [String] = []
    try train(steps: 20) { warnings.append($0) }
    #expect(warnings.first?.contains("mujoco_version 3.0.0 there, ") == true, "\(warnings)")
  }

  @Test func `a best.h5 that is newer than the checkpoint gives way, and the end is the uninterrupted run's`() throws {
    func train(in name: String, failsAtStep: Int? = nil, warn: (String) -> Void = { _ in }) throws {
      var settings = Settings.smallTask(.sac, steps: 300)
      (settings.hiddenSize, settings.warmupSteps, settings.updateAfter) = (8, 50, 60)
      (settings.evaluationInterval, settings.evaluationEpisodes, settings.checkpointInterval) = (120, 1, 100)
      var environments = 0
      try TrainingRun(settings, directory: RunDirectory(path: "\(folder.path)/\(name)"), warn: warn) {
        environments += 1
        return PointMass(failsAtStep: environments == 1 ? failsAtStep : nil)
      }.run()
    }
    try train(in: "steady")
    #expect(throws: PointMass.Failure.self) { try train(in: "killed", failsAtStep: 130) }
    var warnings: [String] = []
    try train(in: "killed") { warnings.append($0) }
    let best = "\(folder.path)/killed/best.h5"
    #expect(warnings == ["'\(best)' is of step 120, which the run goes back behind; the next evaluation's networks take its place"])
    #expect(try runContents(of: "\(folder.path)/killed") == runContents(of: "\(folder.path)/steady"))
    let file = try HDF5File.open(at: best)
    for name in ["openblas_version", "commit", "model_hash"] { #expect(try file.attributeExists(name) == (name != "model_hash")) }
  }
}
