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

  @Test func `with every standard descriptor closed the other commands leave whole files, too`() throws {
    try #require(try Program.run(train(steps: 60)).exitCode == 0)
    let recorded = "\(folder.path)/episodes.h5", replayed = "\(folder.path)/replayed.h5", actions = "\(folder.path)/actions.h5"
    let commands = [
      ["evaluate", run, "--episodes", "2", "--record", recorded],
      ["rollout", "--environment", "Hopper-v2", "--input", recorded, "--output", replayed],
      ["actions", run, "--output", actions],
      ["sweep", "--environments", "Hopper", "--algorithms", "sac", "--seeds", "1-2"] + train(steps: 60).dropFirst(4),
    ]
    for command in commands {
      let outcome = try Program.shell("exec \"$@\" <&- >&- 2>&-", command)
      #expect(outcome.exitCode == 0, "\(command[0])")
    }
    #expect(try HDF5File.open(at: replayed).group("episode_1").dataset("rewards").rowCount > 0)
    let (told, again) = (try HDF5File.open(at: recorded).group("episode_1"), try HDF5File.open(at: replayed).group("episode_1"))
    #expect(try told.dataset("rewards").read(as: Double.self) == again.dataset("rewards").read(as: Double.self))
    #expect(try HDF5File.open(at: actions).dataset("base_actions").rowCount == 1000)
    for seed in 1...2 { #expect(try runContents(of: "\(folder.path)/Hopper-v2/sac/seed-\(seed)")["replay.h5:/rewards"]?.count == 61) }
  }

  @Test func `a line of progress fits a narrow terminal`() throws {
    let outcome = try Program.run(train(steps: 1500) + ["--progress-interval", "0.01"], onTerminal: "xterm", columns: 40)
    #expect(outcome.exitCode == 0)
    let lines = outcome.text.split(whereSeparator: { $0 == "\r" || $0 == "\n" || $0 == "\r\n" }).filter { $0.hasPrefix("step ") }
    try #require(!lines.isEmpty, "\(outcome.text)")
    for line in lines { #expect(line.hasSuffix("\u{1B}[K") && line.count <= 39 + 3, "\(line)") }
  }

  @Test(arguments: ["dumb", ""]) func `a terminal that knows no control sequences is sent none`(_ kind: String) throws {
    let outcome = try Program.run(train(steps: 1500) + ["--progress-interval", "0.01"], onTerminal: kind, columns: 40)
    #expect(outcome.exitCode == 0)
    #expect(outcome.text.contains("\r\nstep ") && !outcome.text.contains("\u{1B}"), "\(outcome.text)")
  }

  @Test func `a quiet run says nothing, a refused one still does`() throws {
    let outcome = try Program.run(train(steps: 60) + ["--quiet", "--progress-interval", "0.01"])
    #expect(outcome.exitCode == 0 && outcome.output == "" && outcome.error == "")
    #expect(try Program.run(train(steps: 60) + ["--quiet", "--set", "gamma=0.5"]).error.contains("other settings"))
    let refused = try Program.run(train(steps: 60) + ["--progress-interval", "1e300"])
    #expect(refused.exitCode == 2)
    #expect(refused.error == "hpo: --progress-interval must be from 0.01 to 86400 seconds, not 1e+300\n")
  }

  @Test(.enabled(if: Program.canUnshare, "needs the right to make name spaces"))
  func `without /proc commands do what they are asked for`() throws {
    let outcome = try Program.shell("exec unshare --mount sh -c 'mount -t tmpfs none /proc && exec \"$@\"' sh \"$@\"", ["env", "list"])
    #expect(outcome.exitCode == 0, "\(outcome.error)")
    #expect(outcome.output.contains("Hopper-v4"))
    let sweep = ["sweep", "--environments", "Hopper", "--algorithms", "sac", "--seeds", "0-1"] + train(steps: 60).dropFirst(4)
    let runs = try Program.shell("exec unshare --mount sh -c 'mount -t tmpfs none /proc && exec \"$@\"' sh \"$@\"", sweep)
    #expect(runs.exitCode == 0 && runs.output.contains("2 of 2 runs finished"), "\(runs.error)")
    try requireWhole(steps: 60)
  }

  @Test(.enabled(if: Program.canUnshare, "needs the right to become another user"))
  func `where no threads are to be had commands work on one`() throws {
    chmod(folder.path, 0o777)
    for command in [["--version"], ["env", "list"], ["env", "show", "Hopper"], train(steps: 60) + ["--threads", "2"]] {
      // Limits hold for a user's processes, and not for root's. The user has no name, either.
      let outcome = try Program.shell("exec setpriv --reuid 54321 --clear-groups prlimit --nproc=1:1 \"$@\"", command)
      #expect(outcome.exitCode == 0 && outcome.error == "", "\(command): \(outcome.error)")
    }
    try requireWhole(steps: 60)
    let film = "\(folder.path)/film.mp4"
    let outcome = try Program.shell(
      "exec setpriv --reuid 54321 --clear-groups prlimit --nproc=1:1 \"$@\"", ["video", "Pendulum", "--output", film, "--size", "64x64"])
    #expect(outcome.exitCode == 1 && outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
    #expect(!FileManager.default.fileExists(atPath: film))
  }
}
