import Environments
import Experiments
import Foundation
import Records
import TestSupport
import Testing

/// Sweeps through a real Slurm, which `make test-slurm` starts (`Tests/Slurm/cluster.sh`); without it there is nothing to test.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["HPO_SLURM_FOLDER"] != nil)) struct SlurmTests {
  private let folder: TemporaryFolder
  private let cluster = ProcessInfo.processInfo.environment["HPO_SLURM_FOLDER"] ?? ""

  init() throws { folder = try TemporaryFolder() }

  private func plan(_ name: String, steps: Int, seeds: String, size: Int = 8, variants: String = "") throws -> String {
    let path = "\(folder.path)/\(name).yaml"
    let text = """
      name: \(name)
      environments: [Hopper, HalfCheetah]
      algorithms: [sac, sac-hpo]
      \(variants)
      seeds: \(seeds)
      steps: \(steps)
      settings: {hidden_size: \(size), leapfrog_hidden_size: 8, batch_size: \(size), update_after: 50, warmup_steps: 50, evaluation_episodes: 1,
        checkpoint_interval: 2000, evaluation_interval: 5000}
      """
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  private func sweep(_ plan: String, _ options: String...) throws -> Program.Outcome {
    try Program.run(["sweep", plan, "--out", "\(folder.path)/slurm", "--slurm"] + options)
  }

  /// Runs the plan on this machine without Slurm and compares every run with the cluster's.
  private func expectEqual(_ plan: String) throws {
    let local = try Program.run(["sweep", plan, "--out", "\(folder.path)/local"])
    try #require(local.exitCode == 0, "\(local.error)")
    func paths(_ out: String) throws -> [String] {
      try Plan(contentsOf: plan).runs(out: "\(folder.path)/\(out)", in: EnvironmentCatalog.registry).map(\.directory.path)
    }
    for (there, here) in zip(try paths("slurm"), try paths("local")) {
      let (cluster, local) = (try runContents(of: there), try runContents(of: here))
      #expect(cluster.count > 40 && cluster == local, "\(there) differs")
    }
  }

  /// Asks until something is so; Slurm takes its time.
  private func wait(seconds: Double = 300, _ what: String, until condition: () throws -> Bool) throws {
    let end = Date(timeIntervalSinceNow: seconds)
    while try !condition() {
      usleep(200_000)
      if Date() < end { continue }
      let queue = try tool("squeue")
      Issue.record("\(what) did not come about; \(queue)")
      throw CancellationError()
    }
  }

  @discardableResult
  private func tool(_ words: String...) throws -> String {
    try Tool.run(words).output
  }

  private func log(_ task: String, of name: String) -> String {
    (try? String(contentsOfFile: "\(folder.path)/slurm/\(name)/slurm/\(task).log", encoding: .utf8)) ?? ""
  }

  private func job(_ outcome: Program.Outcome) throws -> String {
    try #require(outcome.exitCode == 0, "\(outcome.error)")
    let words = outcome.output.split(separator: " ")
    return String(try #require(words.firstIndex(of: "job").map { words[$0 + 1].dropLast() }))
  }

  private func isRunning(_ task: String) throws -> Bool {
    try tool("squeue", "--noheader", "--array", "--states=RUNNING", "--format=%F_%K").split(separator: "\n").contains { $0 == task }
  }

  @Test func `a plan through Slurm, one task cancelled and the node's daemon killed, equals the plan on one machine`() throws {
    let variants = "variants: {gentle: {learning_rate: 1.0e-4}, eager: {learning_rate: 1.0e-3}}"
    let plan = try plan("array", steps: 20_000, seeds: "0-1", variants: variants)
    let job = try job(try sweep(plan, "--submit-only"))
    try wait("the first task's log") { log("\(job)_0", of: "array").contains("start 1") }
    try wait("the second task") { try isRunning("\(job)_1") }
    // The same command while it goes on submits nothing twice.
    let again = try sweep(plan, "--submit-only")
    #expect(again.exitCode == 0 && !again.output.contains("job \(job):") && again.output.contains("in Slurm's queue already as \(job)_1"))
    let list = try Program.run(["runs", "\(folder.path)/slurm"])
    #expect(list.exitCode == 0 && list.output.contains("running"))

    try tool("scancel", "\(job)_1")
    let daemon = try #require(Int32(try String(contentsOfFile: "\(cluster)/slurmd.pid", encoding: .utf8).filter(\.isNumber)))
    kill(daemon, SIGKILL)
    try wait("the daemon's end") { kill(daemon, 0) != 0 }
    try tool("slurmd")
    try wait(seconds: 3600, "the end of the array") { try tool("squeue", "--noheader", "--jobs=\(job)").isEmpty }

    // The cancelled run, and whatever the daemon's death took with it, by the same command.
    let last = try sweep(plan)
    #expect(last.exitCode == 0 && last.output.hasSuffix("16 of 16 runs finished\n"), "\(last.output)\n\(last.error)")
    try expectEqual(plan)
  }

  @Test func `a task that gives way to a more important job comes back, and one that reaches its time limit queues itself again`() throws {
    // Slurm looks every half minute, so the signal comes 120 to 150 seconds before a limit of three minutes; the run has to last.
    let plan = try plan("limits", steps: 100_000, seeds: "0", size: 64)
    let job = try job(try sweep(plan, "--time=00:03:00", "--submit-only"))
    for task in ["\(job)_0", "\(job)_1"] { try wait("task \(task)") { log(task, of: "limits").contains("start 1") } }
    try tool("sbatch", "--partition=high", "--cpus-per-task=2", "--output=/dev/null", "--wrap=true")
    try wait("the return of those that gave way") {
      log("\(job)_0", of: "limits").contains("start 2") && log("\(job)_1", of: "limits").contains("start 2")
    }
    #expect(log("\(job)_0", of: "limits").contains("hpo: stopped by SIGTERM at step "))
    try wait("where the first one goes on") { log("\(job)_0", of: "limits").contains("going on at step ") }
    try wait("a task that queues itself again") { log("\(job)_1", of: "limits").contains("task \(job)_1 queues itself again") }
    try wait(seconds: 3600, "the end of the array") { try tool("squeue", "--noheader", "--jobs=\(job)").isEmpty }
    let last = try sweep(plan)
    #expect(last.exitCode == 0 && last.output.hasSuffix("4 of 4 runs finished\n"), "\(last.output)\n\(last.error)")
    try expectEqual(plan)
  }
}
