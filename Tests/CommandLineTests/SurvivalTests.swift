import Foundation
import TestSupport
import Testing

/// Runs that are killed, that run out of disk, that have no locks: each goes on, and ends as the one that nothing happened to. The
/// faults come at chosen changes of files (`Tests/FaultInjection`), never at chosen times.
@Suite struct SurvivalTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Short, with small networks, but with observations so wide that `replay.h5` takes several chunks: growing its index is where kills
  /// hurt.
  private static let command = [
    "train", "Humanoid", "--steps", "240", "--threads", "1", "--checkpoint-interval", "80", "--evaluation-interval", "120",
    "--evaluation-episodes", "1", "--set", "hidden_size=4", "--set", "leapfrog_hidden_size=4", "--set", "batch_size=2", "--set",
    "update_after=200", "--set", "logging_interval=120",
  ]

  private enum Fault: String { case kill, tear, full, noLocks = "no-locks" }

  /// One change of a file, as the fault library counts them.
  private struct Change {
    var number: Int
    var call: String
    var file: String
  }

  private func train(in out: String, fault: Fault? = nil, at change: Int = 0, log: String? = nil) throws -> Program.Outcome {
    try #require(FileManager.default.fileExists(atPath: Program.faultLibrary), "the fault library was not built")
    var variables = ["LD_PRELOAD": Program.faultLibrary, "FAULT_BELOW": folder.path, "FAULT_AT": "\(change)"]
    variables["FAULT"] = fault?.rawValue
    variables["FAULT_LOG"] = log
    return try Program.run(Self.command + ["--out", "\(folder.path)/\(out)"], variables: variables)
  }

  private func contents(_ out: String) throws -> [String: [String]] {
    try runContents(of: "\(folder.path)/\(out)/Humanoid-v2/sac-hpo/seed-0")
  }

  /// Trains without a fault.
  /// - Returns: the changes of files that this takes, in order.
  private func trainWhole() throws -> [Change] {
    let log = "\(folder.path).log"
    defer { try? FileManager.default.removeItem(atPath: log) }
    let outcome = try train(in: "whole", log: log)
    try #require(outcome.exitCode == 0, "\(outcome.error)")
    return try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").map { line in
      let words = line.split(separator: " ", maxSplits: 2)
      return Change(
        number: try #require(Int(words[0])), call: String(words[1]), file: String(words[2].split(separator: "/").last ?? ""))
    }
  }

  private func expectEqual(_ out: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let (whole, other) = (try contents("whole"), try contents(out))
    #expect(whole.keys.sorted() == other.keys.sorted(), sourceLocation: sourceLocation)
    for key in whole.keys.sorted() { #expect(whole[key] == other[key], "\(key) differs", sourceLocation: sourceLocation) }
  }

  @Test func `a run killed again and again, each time at a later change of its files, ends as the uninterrupted run`() throws {
    _ = try trainWhole()
    // A process that is killed at an early change never gets past continuing; one killed later writes checkpoints first.
    var change = 1
    var outcome = try train(in: "parts", fault: .kill, at: change)
    while outcome.exitCode == -SIGKILL {
      change += 11
      outcome = try train(in: "parts", fault: change.isMultiple(of: 3) ? .tear : .kill, at: change)
    }
    #expect(outcome.exitCode == 0, "killed at change \(change - 11), then: \(outcome.error)")
    #expect(change > 200)
    try expectEqual("parts")
  }

  @Test func `a run killed while its last file is closed is finished by the next process`() throws {
    let changes = try trainWhole()
    let last = try #require(changes.last)
    #expect(try train(in: "killed", fault: .kill, at: last.number).exitCode == -SIGKILL)
    #expect(throws: (any Error).self) { try contents("killed") }
    let outcome = try train(in: "killed")
    #expect(outcome.exitCode == 0, "\(outcome.error)")
    try expectEqual("killed")
    #expect(try train(in: "killed").output.contains("finished, 240 steps"))
  }

  @Test(arguments: ["config.yaml.tmp", "curve.h5", "replay.h5", "checkpoint.h5.tmp", "best.h5.tmp"])
  func `a full disk is one line and an exit code, and once there is room the run goes on as if nothing had been`(
    _ file: String
  ) throws {
    let changes = try trainWhole()
    let writes = changes.filter { $0.file == file && $0.call != "ftruncate" && $0.call != "rename" && $0.call != "unlink" }
    try #require(!writes.isEmpty)
    // The file's first write, one in the middle of the run, and its last.
    for number in Set([writes[0].number, writes[writes.count / 2].number, writes[writes.count - 1].number]) {
      let full = try train(in: "\(number)", fault: .full, at: number)
      #expect(full.exitCode == 1, "\(full.error)")
      #expect(full.error.split(separator: "\n").count == 1 && full.error.contains("No space left on device"), "\(full.error)")
      let outcome = try train(in: "\(number)")
      #expect(outcome.exitCode == 0, "\(outcome.error)")
      try expectEqual("\(number)")
    }
  }

  @Test func `a full disk during a run says from where the run will go on`() throws {
    let changes = try trainWhole()
    let checkpoints = changes.filter { $0.call == "rename" && $0.file == "checkpoint.h5" }
    #expect(checkpoints.count == 4)  // at steps 0, 80, 160 and 240
    let outcome = try train(in: "full", fault: .full, at: checkpoints[1].number + 1)
    #expect(
      outcome.error.hasSuffix(
        "No space left on device; once that is mended, the same command goes on from step 80 of "
          + "'\(folder.path)/full/Humanoid-v2/sac-hpo/seed-0'\n"))
  }

  @Test func `a file system without locks is warned of in one line, and the run goes on`() throws {
    let outcome = try train(in: "whole", fault: .noLocks)
    #expect(outcome.exitCode == 0)
    #expect(
      outcome.error == "hpo: '\(folder.path)/whole/Humanoid-v2/sac-hpo/seed-0' is on a file system without locks (No locks available); "
        + "start no second run there\n")
    #expect(try contents("whole")["replay.h5:/rewards"]?.count == 241)
  }
}
