import Experiments
import Foundation
import TestSupport
import Testing

/// The batch script, run by bash with stand-ins for the program and for Slurm; `make test-slurm` has the real ones.
@Suite struct SlurmScriptTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    // Saves when told to and says so; what scontrol is asked, and that the script waits for its end afterwards, is written down.
    try tool(
      "program",
      "echo \"$@\" > '\(folder.path)/arguments'\ntrap 'echo saved; exit 143' TERM\n[ \"$1\" = quick ] && exit $2\n"
        + "echo > '\(folder.path)/ready'\nwhile :; do sleep 0.05; done")
    try tool("scontrol", "echo scontrol \"$@\"")
    try tool("sleep", "case $1 in 0.05) exec /bin/sleep 0.05 ;; *) echo \"slept $1\" ;; esac")
  }

  private func tool(_ name: String, _ text: String) throws {
    let path = "\(folder.path)/\(name)"
    try "#!/bin/bash\n\(text)\n".write(toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
  }

  private func run(_ tasks: [[String]], task: Int, signal: Int32? = nil) throws -> (code: Int32, lines: [String]) {
    let script = "\(folder.path)/script"
    try SlurmScript(tasks: tasks, program: ["\(folder.path)/program"]).text.write(toFile: script, atomically: true, encoding: .utf8)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["--default-signal=USR1,TERM", "bash", script]
    process.environment = [
      "PATH": "\(folder.path):/usr/bin:/bin", "SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "\(task)", "SLURM_CPUS_PER_TASK": "3",
    ]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    if let signal {
      while !FileManager.default.fileExists(atPath: "\(folder.path)/ready") { try #require(process.isRunning) }
      kill(process.processIdentifier, signal)
    }
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text.split(separator: "\n").dropFirst().map(String.init))
  }

  @Test func `a task is its run, word for word, with the threads that Slurm gave it`() throws {
    let (code, lines) = try run([["quick", "0"], ["quick", "5", "a b", "it's", "$HOME", ""]], task: 1)
    #expect(code == 5 && lines.isEmpty)
    #expect(try String(contentsOfFile: "\(folder.path)/arguments", encoding: .utf8) == "quick 5 a b it's $HOME  --threads 3\n")
  }

  @Test func `before the time limit a task saves, then queues itself again by its own name`() throws {
    let (_, lines) = try run([["train"]], task: 0, signal: SIGUSR1)
    #expect(lines == ["saved", "task 7_0 queues itself again", "scontrol requeue 7_0", "slept 600"])
  }

  @Test func `a cancelled task saves and does not come back`() throws {
    let (code, lines) = try run([["train"]], task: 0, signal: SIGTERM)
    #expect(code == 143)
    #expect(lines == ["saved", "slept 600"])
  }
}
