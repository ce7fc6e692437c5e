import Configuration
import Environments
import Foundation
import HDF5
import Records
import TestSupport
import Testing
import Training

/// Run directories that program 0.1.0 left, stopped midway, and what it ended them with (`Fixtures/EarlierRuns/record.py`).
@Suite struct EarlierRunTests {
  private static let archives = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/EarlierRuns")

  static let mujoco = [
    "sac-hpo", "sac", "sac-nf", "sac-nf-shared", "sac-lagrangian", "safe-sac-hpo", "safe-velocity", "baseline-1", "baseline-2",
    "baseline-3", "sac-hpo-zero-momentum",
  ]
  static let bullet = ["flagrun", "humanoid-bullet"]

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Whether this machine and these libraries round as those did that the runs were recorded with.
  static let roundsAlike: Bool = {
    guard let folder = try? TemporaryFolder(), let run = try? unpack(mujoco[0], into: folder),
      let file = try? HDF5File.open(at: run.checkpoint)
    else { return false }
    let here = Dictionary(uniqueKeysWithValues: Versions.all(EnvironmentCatalog.registry.libraries).map { ($0.name, $0.version) })
    return ["openblas_version", "instructions", "mujoco_version", "bullet_version"].allSatisfy { name in
      (try? file.attribute(name) as String) == here[name]
    }
  }()

  private static func unpack(_ name: String, into folder: TemporaryFolder) throws -> RunDirectory {
    let tar = Process()
    tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    tar.arguments = ["tar", "-xzf", archives.appending(path: "\(name).tar.gz").path, "-C", folder.path]
    try tar.run()
    tar.waitUntilExit()
    try #require(tar.terminationStatus == 0)
    return RunDirectory(path: "\(folder.path)/\(name)")
  }

  private func train(_ settings: Settings, in directory: RunDirectory) throws {
    try TrainingRun(settings, directory: directory) {
      try EnvironmentCatalog.make(settings.environment, parameters: settings.environmentParameters)
    }.run()
  }

  /// Lines of `end.txt`: file and dataset, shape, digest.
  private func expectEnd(of directory: RunDirectory, _ recorded: RunDirectory) throws {
    let lines = try String(contentsOfFile: "\(recorded.path)/end.txt", encoding: .utf8).split(separator: "\n")
    try #require(lines.count > 40)
    let contents = try runContents(of: directory.path)
    for line in lines {
      let name = String(line.prefix { $0 != " " })
      let found = try #require(contents[name], "\(name) is missing")
      #expect(line == "\(name) \(found[0]) \(digest(found.dropFirst()))", "\(name) differs")
    }
  }

  /// FNV-1a over 64-bit words, as in `record.py`.
  private func digest(_ values: ArraySlice<String>) -> String {
    var result: UInt64 = 0xCBF2_9CE4_8422_2325
    for value in values {
      let word = value == "true" ? 1 : value == "false" ? 0 : UInt64(value) ?? Int64(value).map { UInt64(bitPattern: $0) } ?? 0
      result = (result ^ word) &* 0x100_0000_01B3
    }
    let digits = String(result, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  @Test(
    .enabled(if: roundsAlike, "the runs were recorded where numbers round otherwise (another processor, OpenBLAS or MuJoCo)"),
    arguments: mujoco + bullet)
  func `a run of the earlier program, stopped midway, ends as that program ended it, bit for bit`(_ name: String) throws {
    let directory = try Self.unpack(name, into: folder)
    try train(try Settings(layers: try SettingsFile.entries(ofFile: directory.config), in: EnvironmentCatalog.registry), in: directory)
    try expectEnd(of: directory, directory)
  }

  @Test func `a safe agent whose limit counted otherwise then does not go on`() throws {
    let directory = try Self.unpack("safe-ant", into: folder)
    let settings = try Settings(layers: try SettingsFile.entries(ofFile: directory.config), in: EnvironmentCatalog.registry)
    let error = #expect(throws: RunError.self) { try train(settings, in: directory) }
    #expect(
      error?.description
        == "'\(directory.path)' holds a safe agent's run of an earlier program, and the rules of Ant-v2's torque cost have changed since: "
        + "cost_limit is on its average now, where it was on an episode's discounted sum; the run cannot go on, start anew with --fresh, or "
        + "beside it with --name")
  }

  @Test(
    .enabled(if: roundsAlike, "the runs were recorded where numbers round otherwise (another processor, OpenBLAS or MuJoCo)"),
    arguments: mujoco + bullet)
  func `the earlier program's settings give its run from the beginning too`(_ name: String) throws {
    let recorded = try Self.unpack(name, into: folder)
    let anew = RunDirectory(path: "\(folder.path)/anew")
    try train(try Settings(layers: try SettingsFile.entries(ofFile: recorded.config), in: EnvironmentCatalog.registry), in: anew)
    try expectEnd(of: anew, recorded)
  }
}
