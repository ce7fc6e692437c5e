import Configuration
import Environments
import Experiments
import Foundation
import HDF5
import Records
import TestSupport
import Testing
import Training

/// Many runs by one command: what becomes of them when they, or it, are killed, stopped, in each other's way or wrong.
@Suite struct SweepTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Small networks, so that a step takes microseconds.
  private static let small = [
    "hidden_size=8", "leapfrog_hidden_size=8", "batch_size=4", "update_after=50", "warmup_steps=50", "evaluation_episodes=1",
    "logging_interval=100",
  ].flatMap { ["--set", $0] }

  private func plan(_ name: String, steps: Int, checkpoints: Int = 100) throws -> String {
    let path = "\(folder.path)/\(name).yaml"
    let text = """
      name: \(name)
      environments: [Hopper, HalfCheetah]
      algorithms: [sac, sac-hpo]
      variants:
        gentle: {learning_rate: 1.0e-4}
        eager: {learning_rate: 1.0e-3}
      seeds: 0-1
      steps: \(steps)
      settings:
        checkpoint_interval: \(checkpoints)
        evaluation_interval: 200
      """
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  private func runs(_ plan: String, out: String) throws -> [String] {
    try Plan(contentsOf: plan).runs(out: "\(folder.path)/\(out)", in: EnvironmentCatalog.registry).map(\.directory.path)
  }

  private func contents(_ plan: String, out: String) throws -> [String: [String]] {
    var all: [String: [String]] = [:]
    for path in try runs(plan, out: out) {
      let name = String(path.dropFirst("\(folder.path)/\(out)/".count))
      for (key, values) in try runContents(of: path) { all["\(name)/\(key)"] = values }
    }
    return all
  }

  @Test func `a sweep killed as a whole group at moment after moment ends with every run as it is by itself, bit for bit`() throws {
    let plan = try plan("killed", steps: 600)
    let command = ["sweep", plan, "--out", "\(folder.path)/parts", "--jobs", "4"] + Self.small
    var moments = 0
    for line in [1, 3, 2, 5, 4] {
      let running = try Program.start(command)
      var seen = running.firstOutput.split(separator: "\n").count
      while seen < line, let more = running.nextOutput() { seen += more.split(separator: "\n").count }
      if running.process.isRunning { moments += 1 }
      try running.sendToGroup(SIGKILL)
      _ = running.outcome()
    }
    #expect(moments == 5)
    let last = try Program.run(command)
    #expect(last.exitCode == 0, "\(last.error)")
    #expect(last.output.contains("16 of 16 runs finished"), "\(last.output)")

    for arguments in try Plan(contentsOf: plan).runs(out: "\(folder.path)/whole", in: EnvironmentCatalog.registry).map({ $0.arguments(threads: 1) }) {
      let outcome = try Program.run(arguments + Self.small)
      try #require(outcome.exitCode == 0, "\(outcome.error)")
    }
    let (whole, parts) = (try contents(plan, out: "whole"), try contents(plan, out: "parts"))
    #expect(whole.count > 16 * 40 && whole.keys.sorted() == parts.keys.sorted())
    for key in whole.keys.sorted() { #expect(whole[key] == parts[key], "\(key) differs") }
  }

  @Test(arguments: [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT"), (SIGHUP, "SIGHUP"), (SIGXCPU, "SIGXCPU")])
  func `a signal stops all runs, each with its checkpoint`(_ signal: (number: Int32, name: String)) throws {
    let plan = try plan("stopped", steps: 300_000, checkpoints: 300_000)
    let running = try Program.start(["sweep", plan, "--out", "\(folder.path)/out", "--jobs", "2"] + Self.small)
    let begun = try runs(plan, out: "out").prefix(2)
    for run in begun { try waitForSteps(of: run, while: running) }
    running.send(signal.number)
    let outcome = running.outcome()
    #expect(outcome.exitCode == 128 + signal.number, "\(outcome.error)")
    #expect(outcome.error == "hpo: stopped by \(signal.name); the same command goes on\n")
    for run in begun { #expect(try savedStep(run) > 0) }
    #expect(FileManager.default.fileExists(atPath: try runs(plan, out: "out")[2]) == false)
  }

  @Test func `when a sweep dies its runs save and end`() throws {
    let plan = try plan("orphans", steps: 300_000, checkpoints: 300_000)
    let running = try Program.start(["sweep", plan, "--out", "\(folder.path)/out", "--jobs", "2"] + Self.small)
    let begun = try runs(plan, out: "out").prefix(2)
    for run in begun { try waitForSteps(of: run, while: running) }
    running.send(SIGKILL)
    _ = running.outcome()
    for run in begun {
      while RunHolder.of(RunDirectory(path: run)) != nil {}
      #expect(try savedStep(run) > 0)
    }
  }

  @Test func `a run that fails is told of, the others go on, and its list and exit code stand at the end`() throws {
    let plan = try plan("failing", steps: 300)
    let runs = try runs(plan, out: "out")
    // The first one's folder holds a run of other settings.
    let other = try Program.run(
      [
        "train", "Hopper", "--algorithm", "sac", "--name", "gentle", "--out", "\(folder.path)/out/failing", "--steps", "100", "--set",
        "gamma=0.5",
      ] + Self.small)
    try #require(other.exitCode == 0, "\(other.error)")
    let outcome = try Program.run(["sweep", plan, "--out", "\(folder.path)/out"] + Self.small)
    #expect(outcome.exitCode == 1)
    #expect(outcome.output.hasSuffix("15 of 16 runs finished, 1 failed:\n"), "\(outcome.output)")
    let lines = outcome.error.split(separator: "\n")
    #expect(lines.count == 2 && lines[0].hasPrefix("hpo: Hopper-v2 sac+gentle seed 0 failed: '\(runs[0])' holds a run with other settings"))
    #expect(lines[1].hasPrefix("hpo: Hopper-v2 sac+gentle seed 0: '\(runs[0])' holds a run with other settings (checkpoint_interval"))
  }

  @Test func `a run whose disk is full fails alone, and goes on once there is room`() throws {
    let plan = try plan("full", steps: 300)
    let variables = [
      "LD_PRELOAD": Program.faultLibrary, "FAULT": "full", "FAULT_AT": "40", "FAULT_BELOW": try runs(plan, out: "out")[1],
    ]
    let command = ["sweep", plan, "--out", "\(folder.path)/out", "--seeds", "0"] + Self.small
    let outcome = try Program.run(command, variables: variables)
    #expect(outcome.exitCode == 1)
    #expect(outcome.error.contains("hpo: Hopper-v2 sac+eager seed 0 failed: "))
    #expect(outcome.error.contains("No space left on device"), "\(outcome.error)")
    #expect(outcome.output.contains("7 of 8 runs finished, 1 failed"))
    let again = try Program.run(command)
    #expect(again.exitCode == 0 && again.output.contains("8 of 8 runs finished, 7 of them before"), "\(again.output)")
  }

  @Test func `a run that another process holds is waited for, and said`() throws {
    let plan = try plan("held", steps: 300_000, checkpoints: 300_000)
    let runs = try runs(plan, out: "out")
    let train = try Program.start(
      try Plan(contentsOf: plan).runs(out: "\(folder.path)/out", in: EnvironmentCatalog.registry)[0].arguments(threads: 1) + Self.small)
    let sweep = try Program.start(["sweep", plan, "--out", "\(folder.path)/out", "--jobs", "1"] + Self.small)
    #expect(sweep.firstOutput.hasPrefix("Hopper-v2 sac+gentle seed 0: process \(train.process.processIdentifier) on "))
    #expect(sweep.firstOutput.contains("is at work there; waiting for it\n"))
    // The next one is taken meanwhile; once that is stopped, the first one is free.
    try waitForSteps(of: runs[1], while: sweep)
    sweep.send(SIGTERM)
    #expect(sweep.outcome().exitCode == 128 + SIGTERM)
    train.send(SIGTERM)
    #expect(train.outcome().exitCode == 128 + SIGTERM)
  }

  @Test func `runs are listed with what they are and how far, for people and for programs`() throws {
    let plan = try plan("listed", steps: 300)
    let command = ["sweep", plan, "--out", "\(folder.path)/out", "--seeds", "0"] + Self.small
    try #require(try Program.run(command).exitCode == 0)
    let outcome = try Program.run(["runs", "\(folder.path)/out", "--json"])
    let list = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]])
    #expect(list.count == 8)
    let first = list[0]
    #expect(first["plan"] as? String == "listed" && first["environment"] as? String == "HalfCheetah-v2")
    #expect(first["algorithm"] as? String == "sac" && first["variant"] as? String == "eager" && first["seed"] as? Int == 0)
    #expect(first["step"] as? Int == 300 && first["steps"] as? Int == 300 && first["state"] as? String == "finished")
    #expect(first["last_return"] is Double && first["best_return"] is Double && first["steps_per_second"] is Double)
    #expect(first["seconds_left"] is NSNull)
    let text = try Program.run(["runs", "\(folder.path)/out"]).output.split(separator: "\n")
    #expect(text.count == 9 && text[0].hasPrefix("plan") && text[1].contains("sac+eager") && text[1].hasSuffix("finished"))
  }

  @Test func `a dry run says how long it would take and leaves nothing behind`() throws {
    let plan = try plan("dry", steps: 20_000)
    let outcome = try Program.run(["sweep", plan, "--out", "\(folder.path)/out", "--dry-run", "--seeds", "0"] + Self.small)
    #expect(outcome.exitCode == 0, "\(outcome.error)")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 10 && lines[1].hasPrefix("Hopper-v2 sac+gentle seed 0: 20000 steps, about "))
    #expect(lines[9].hasPrefix("8 runs, 8 to take, ") && lines[9].contains(" at a time: about "))
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/out"))
  }

  @Test func `a sweep of more memory than there is says so, run by run`() throws {
    let outcome = try Program.run(
      ["sweep", "--environments", "Hopper", "--algorithms", "sac", "--out", "\(folder.path)/out", "--steps", "1000000000"]
        + ["--set", "replay_capacity=1000000000"])
    #expect(outcome.exitCode == 1)
    #expect(outcome.error.contains("hpo: Hopper-v2 sac seed 0 failed: it needs ") && outcome.error.contains("take a smaller replay_capacity"))
  }

  // MARK: Looking

  private func savedStep(_ run: String) throws -> Int {
    try HDF5File.open(at: "\(run)/checkpoint.h5").group("progress").attribute("step")
  }

  /// As long as it takes: its curves grow while it is at work.
  private func waitForSteps(of run: String, while running: Program.Running) throws {
    while RunRecord(reading: RunDirectory(path: run))?.step ?? 0 == 0 { try #require(running.process.isRunning, "the sweep ended") }
  }
}
