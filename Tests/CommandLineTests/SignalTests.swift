import Foundation
import HDF5
import TestSupport
import Testing

/// What signals do to a training run. It is long, so that none of these ends before its signal; but it ends, should they not be heard.
@Suite struct SignalTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func start(after shell: String = ":") throws -> Program.Running {
    try Program.start(
      [
        "train", "Hopper", "--steps", "300000", "--threads", "1", "--out", folder.path, "--checkpoint-interval", "300000",
        "--evaluation-interval", "300000", "--set", "hidden_size=8", "--set", "leapfrog_hidden_size=8", "--set", "batch_size=4",
        "--set", "replay_capacity=1000",
      ], after: shell)
  }

  private var run: String { "\(folder.path)/Hopper-v2/sac-hpo/seed-0" }

  private func checkpointStep() throws -> Int {
    let file = try HDF5File.open(at: "\(run)/checkpoint.h5")
    defer { try? file.close() }
    return try file.group("progress").attribute("step")
  }

  /// As long as it takes: the file is replaced as a whole, and can be read at any time.
  private func waitForCheckpoint(after step: Int, of running: Program.Running) throws {
    while try checkpointStep() <= step { try #require(running.process.isRunning, "the run ended") }
  }

  @Test(arguments: [
    (SIGTERM, "SIGTERM"), (SIGINT, "SIGINT"), (SIGHUP, "SIGHUP"), (SIGUSR2, "SIGUSR2"), (SIGXCPU, "SIGXCPU"),
  ])
  func `a signal to end makes a checkpoint of the step it names, and the exit code tells the signal`(
    _ signal: (number: Int32, name: String)
  ) throws {
    let running = try start()
    running.send(signal.number)
    let outcome = running.outcome()
    #expect(outcome.exitCode == 128 + signal.number)
    let step = try checkpointStep()
    #expect(outcome.error == "hpo: stopped by \(signal.name) at step \(step); the same command goes on from '\(run)'\n")
  }

  @Test func `SIGUSR1 makes a checkpoint, and the run goes on`() throws {
    let running = try start()
    #expect(try checkpointStep() == 0)
    running.send(SIGUSR1)
    try waitForCheckpoint(after: 0, of: running)
    let saved = try checkpointStep()
    running.send(SIGUSR1)
    try waitForCheckpoint(after: saved, of: running)
    running.send(SIGTERM)
    #expect(running.outcome().exitCode == 128 + SIGTERM)
  }

  @Test func `a run that was started to ignore SIGHUP, as by nohup, ignores it`() throws {
    let running = try start(after: "trap '' HUP")
    running.send(SIGHUP)
    running.send(SIGUSR1)
    try waitForCheckpoint(after: 0, of: running)
    running.send(SIGTERM)
    let outcome = running.outcome()
    #expect(outcome.exitCode == 128 + SIGTERM && outcome.error.contains("stopped by SIGTERM"), "\(outcome.error)")
  }
}
