import Foundation
import HDF5
import TestSupport
import Testing

/// What the program does where something that every machine has is missing.
@Suite struct SurroundingsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A short run.
  private func train(steps: Int) -> [String] {
    [
      "train", "Hopper", "--algorithm", "sac", "--steps", "\(steps)", "--threads", "1", "--out", folder.path,
      "--evaluation-episodes", "1", "--set", "hidden_size=8", "--set", "batch_size=4", "--set", "update_after=20", "--set",
      "warmup_steps=20",
    ]
  }

  private var run: String { "\(folder.path)/Hopper-v2/sac/seed-0" }

  private func requireWhole(steps: Int) throws {
    for name in ["curve", "replay", "checkpoint", "best"] {
      let file = try HDF5File.open(at: "\(run)/\(name).h5")
      try file.close()
    }
    let replay = try HDF5File.open(at: "\(run)/replay.h5")
    #expect(try replay.dataset("rewards").rowCount == steps)
    let names = try FileManager.default.contentsOfDirectory(atPath: run).sorted()
    #expect(names == [".lock", "best.h5", "checkpoint.h5", "config.yaml", "curve.h5", "replay.h5"])
    let lock = try String(contentsOfFile: "\(run)/.lock", encoding: .utf8)
    #expect(lock.hasPrefix("process ") && !lock.contains("step"), "\(lock)")
  }

  @Test(arguments: 0..<8)
  func `whichever standard descriptors are closed, a new run and a continued one leave their files whole`(_ closed: Int) throws {
    let redirections = [(1, "<&-"), (2, ">&-"), (4, "2>&-")].filter { closed & $0.0 != 0 }.map(\.1).joined(separator: " ")
    for steps in [60, 120] {
      let outcome = try Program.shell("exec \"$@\" \(redirections)", train(steps: steps))
      #expect(outcome.exitCode == 0, "\(outcome.error)")
      try requireWhole(steps: steps)
    }
  }

  @Test func `a failure with standard error closed still tells by its exit code`() throws {
    #expect(try Program.shell("exec \"$@\" <&- >&- 2>&-", ["train", "Nothing", "--out", folder.path]).exitCode == 2)
  }

  @Test func `a file at its limit is told as a full disk is`() throws {
    let outcome = try Program.shell("ulimit -f 10; exec \"$@\"", train(steps: 2000))
    #expect(outcome.exitCode == 1)
    #expect(outcome.error.contains("File too large"), "\(outcome.error)")
    #expect(outcome.error.split(separator: "\n").count == 1)
  }

  @Test func `an argument that is not UTF-8 is refused, not turned into another folder's name`() throws {
    let outcome = try Program.shell("exec \"$@\" --out \"$(printf 'lat\\351')\"", ["train", "Hopper"], in: folder.path)
    #expect(outcome.exitCode == 2)
    #expect(outcome.error == "hpo: argument 4, 'lat\u{FFFD}', is not UTF-8; give files and folders names that are\n")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test func `without variables of the environment, HOME and user included, a run is as any other`() throws {
    let outcome = try Program.shell("exec env -i \"$@\"", train(steps: 60))
    #expect(outcome.exitCode == 0, "\(outcome.error)")
    try requireWhole(steps: 60)
  }

  @Test(.enabled(if: Program.canUnshare, "needs the right to make name spaces"))
  func `without /proc commands do what they are asked for`() throws {
    let outcome = try Program.shell("exec unshare --mount sh -c 'mount -t tmpfs none /proc && exec \"$@\"' sh \"$@\"", ["env", "list"])
    #expect(outcome.exitCode == 0, "\(outcome.error)")
    #expect(outcome.output.contains("Hopper-v4"))
    let run = try Program.shell("exec unshare --mount sh -c 'mount -t tmpfs none /proc && exec \"$@\"' sh \"$@\"", train(steps: 60))
    #expect(run.exitCode == 0, "\(run.error)")
    try requireWhole(steps: 60)
  }

  @Test(.enabled(if: Program.canUnshare, "needs the right to become another user"))
  func `where no threads are to be had commands work on one`() throws {
    for command in [["--version"], ["env", "list"], ["env", "show", "Hopper"]] {
      // Limits hold for a user's processes, and not for root's.
      let outcome = try Program.shell("exec setpriv --reuid 54321 --clear-groups sh -c 'ulimit -u 1; exec \"$@\"' sh \"$@\"", command)
      #expect(outcome.exitCode == 0, "\(command): \(outcome.error)")
    }
  }
}
