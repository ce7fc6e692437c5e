import Foundation
import HDF5
import TestSupport
import Testing

/// `--fresh`, `--from-replay` and `--init-from` as a user types them.
@Suite struct StartingOverTests {
  private let folder: TemporaryFolder
  private let run = "runs/Pendulum-v1/sac/seed-0"

  init() throws { folder = try TemporaryFolder() }

  private func train(_ arguments: String..., steps: Int = 30) throws -> Program.Outcome {
    try Program.run(
      [
        "train", "Pendulum", "--algorithm", "sac", "--steps", "\(steps)", "--evaluation-episodes", "1", "--threads", "1", "--set",
        "hidden_size=8", "--set", "batch_size=8", "--set", "update_after=10", "--set", "warmup_steps=10",
      ] + arguments, in: folder.path)
  }

  private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: "\(folder.path)/\(path)") }

  @Test func `a finished run is kept under a number when another takes its place; what an unfinished one recorded is discarded`() throws {
    #expect(try train().exitCode == 0)
    try "seen on a Tuesday".write(toFile: "\(folder.path)/\(run)/notes.txt", atomically: true, encoding: .utf8)
    let second = try train("--fresh", "--seed", "0")
    #expect(second.exitCode == 0 && second.error == "hpo: the finished run in '\(run)' is kept as '\(run).kept-1'\n", "\(second.error)")
    #expect(exists("\(run).kept-1/notes.txt") && exists("\(run).kept-1/checkpoint.h5") && exists("\(run)/checkpoint.h5"))
    #expect(try train("--fresh").error.contains("is kept as '\(run).kept-2'"))

    let listed = try Program.run(["runs", "--json"], in: folder.path).output
    #expect(listed.components(separatedBy: "\"path\"").count == 2, "\(listed)")
    #expect(try Program.run(["evaluate", "\(run).kept-1", "--episodes", "1"], in: folder.path).exitCode == 0)

    // Asked for more steps and stopped on the way, it is not finished.
    try FileManager.default.removeItem(atPath: "\(folder.path)/runs")
    let running = try Program.start(
      [
        "train", "Pendulum", "--algorithm", "sac", "--steps", "1000000", "--out", "\(folder.path)/runs", "--set", "hidden_size=8",
        "--threads", "1",
      ])
    running.send(SIGTERM)
    #expect(running.outcome().exitCode == 128 + SIGTERM)
    let anew = try train("--fresh")
    #expect(anew.exitCode == 0 && anew.error == "" && !exists("\(run).kept-1"), "\(anew.error)")
  }

  @Test func `a run learns from another's history, and a third begins with its networks`() throws {
    #expect(try train(steps: 250).exitCode == 0)
    let offline = try train("--from-replay", "\(run)/replay.h5", "--name", "offline", steps: 20)
    #expect(offline.exitCode == 0, "\(offline.error)")
    #expect(offline.output.contains("Pendulum-v1, sac+offline, seed 0, 20 updates\n"))
    let learnt = "runs/Pendulum-v1/sac+offline/seed-0"
    let config = try String(contentsOfFile: "\(folder.path)/\(learnt)/config.yaml", encoding: .utf8)
    // The folder itself may be reached by a link.
    #expect(config.contains("/\(run)/replay.h5") && config.contains("from_replay: \"/") || config.contains("from_replay: /"), "\(config)")
    #expect(try train("--from-replay", "\(run)/replay.h5", "--name", "offline", steps: 20).output.contains("finished"))

    let tuned = try Program.run(
      ["train", "Pendulum", "--init-from", learnt, "--name", "tuned", "--steps", "20", "--set", "hidden_size=8", "--set", "batch_size=8"],
      in: folder.path)
    #expect(tuned.exitCode == 0 && tuned.output.contains("Pendulum-v1, sac+tuned, seed 0"), "\(tuned)")
    let wide = try Program.run(["train", "Pendulum", "--init-from", learnt, "--name", "wide", "--steps", "20"], in: folder.path)
    #expect(wide.exitCode == 2 && wide.error.contains("has shape [8, 4] there and [256, 4] here"), "\(wide.error)")
    let wrong = try Program.run(
      ["train", "Hopper", "--from-replay", "\(run)/replay.h5", "--steps", "20", "--algorithm", "sac"], in: folder.path)
    #expect(wrong.exitCode == 2 && wrong.error.contains("it was recorded in Pendulum-v1, and the run's environment is Hopper-v2"))
    #expect(!exists("runs/Hopper-v2"))
    let safe = try Program.run(
      ["train", "Ant", "--from-replay", "x.h5", "--algorithm", "safe-sac-hpo"], in: folder.path)
    #expect(safe.exitCode == 2 && safe.error.contains("needs episodes"), "\(safe.error)")
  }
}
