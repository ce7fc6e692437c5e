import Foundation
import Configuration
import Records
import Training

/// Many runs on a cluster: array jobs of Slurm's, one run a task.
public final class SlurmSweep {
  /// What is asked of Slurm.
  public struct Options: Sendable {
    /// `--partition`.
    public var partition: String?
    /// `--time`, as `sbatch` has it.
    public var time: String?
    /// `--mem`, as `sbatch` has it; asked for only when given.
    public var memory: String?
    /// Tasks at a time.
    public var jobs: Int?
    /// Processors of a task; `nil`: what the runs' settings say, else one.
    public var threads: Int?
    /// Further options of `sbatch`.
    public var further: [String] = []
    /// What starts the program on a node: a container's command, say.
    public var launcher: [String] = []
    /// The program's path on the nodes.
    public var program: String = ownProgram

    /// Nothing but what is always asked.
    public init() {}
  }

  /// A task of a job.
  public struct Task: Sendable, Equatable {
    /// Of the array.
    public var job: Int
    /// Within it.
    public var index: Int
    /// `12_3`, as Slurm has it.
    public var name: String { "\(job)_\(index)" }
  }

  /// What became of each run.
  public enum State: Sendable, Equatable {
    /// To be submitted.
    case open
    /// All steps are taken.
    case finished
    /// Submitted; Slurm's word for how it is: PENDING, RUNNING, ….
    case queued(Task, state: String)
    /// No longer there, and not all steps taken.
    case ended(Task)
    /// Its directory cannot be gone on with.
    case failed(reason: String)
  }

  /// All runs.
  public let runs: [PlannedRun]
  /// Of each run.
  public private(set) var states: [State]
  /// Where scripts, logs and what was submitted are kept.
  public let folder: String
  /// Names of the jobs that this sweep submitted.
  public private(set) var submitted: [Int] = []

  private let options: Options

  /// Looks which runs there is something to do for: finished ones and those that Slurm has already are left alone.
  /// - Parameter folder: of scripts and logs, on a file system that the nodes share.
  /// - Throws: ``SlurmError`` without Slurm.
  public init(_ runs: [PlannedRun], folder: String, _ options: Options) throws {
    self.runs = runs
    self.folder = folder
    self.options = options
    let queued = try Self.queue()
    var tasks: [String: Task] = [:]
    for job in Set(queued.keys.map(\.job)) {
      for (index, path) in Self.submittedPaths(job, in: folder).enumerated() {
        let task = Task(job: job, index: index)
        if queued[task] != nil { tasks[path] = task }
      }
    }
    states = runs.map { run in
      if let task = tasks[run.directory.path] { return .queued(task, state: queued[task] ?? "PENDING") }
      do {
        // A finished run's task has nothing to do; any other's goes on or says why not.
        return try TrainingRun.isFinished(run.settings, in: run.directory) ? .finished : .open
      } catch {
        return .failed(reason: "\(error)")
      }
    }
  }

  /// Submits what is left to do.
  /// - Parameter told: of each job: its number and its number of tasks.
  public func submit(told: (_ job: Int, _ tasks: Int) -> Void) throws {
    let most = try Self.largestArray()
    let open = states.indices.filter { states[$0] == .open }
    for start in stride(from: 0, to: open.count, by: most) {
      let part = Array(open[start..<min(start + most, open.count)])
      let job = try submit(part)
      submitted.append(job)
      for (index, run) in part.enumerated() { states[run] = .queued(Task(job: job, index: index), state: "PENDING") }
      told(job, part.count)
    }
  }

  private func submit(_ part: [Int]) throws -> Int {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw SlurmError(reason: "cannot make the folder '\(folder)': \(error.localizedDescription)")
    }
    let script = SlurmScript(
      tasks: part.map { runs[$0].arguments(threads: nil) }, program: options.launcher + [options.program])
    let name = "\(folder)/job-\(ProcessInfo.processInfo.processIdentifier).sh"
    try write(script.text, to: name)
    defer { unlink(name) }
    let answer = try Self.call(arguments(tasks: part.count, script: name, threads: threads(part)))
    // "12" or "12;cluster".
    guard let job = answer.split(whereSeparator: { ";\n ".contains($0) }).first.flatMap({ Int($0) }) else {
      throw SlurmError(reason: "sbatch said '\(answer)' instead of a job's number")
    }
    try write(script.text, to: "\(folder)/\(job).sh")
    try write(part.map { runs[$0].directory.path + "\n" }.joined(), to: "\(folder)/\(job).runs")
    return job
  }

  /// The command that submits.
  func arguments(tasks: Int, script: String, threads: Int) -> [String] {
    var arguments = [
      "sbatch", "--parsable", "--job-name=hpo-sweep", "--array=0-\(tasks - 1)\(options.jobs.map { "%\($0)" } ?? "")", "--ntasks=1",
      "--cpus-per-task=\(threads)", "--signal=B:USR1@120", "--requeue", "--open-mode=append",
      // A percent sign of the folder's own is no place holder.
      "--output=\(folder.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%%"))/%A_%a.log",
    ]
    if let partition = options.partition { arguments.append("--partition=\(partition)") }
    if let time = options.time { arguments.append("--time=\(time)") }
    if let memory = options.memory { arguments.append("--mem=\(memory)") }
    return arguments + options.further + [script]
  }

  private func threads(_ part: [Int]) -> Int {
    options.threads ?? part.filter { runs[$0].choosesThreads }.map { runs[$0].settings.threadsInUse }.max() ?? 1
  }

  private func write(_ text: String, to path: String) throws {
    do {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
    } catch {
      throw SlurmError(reason: "cannot write '\(path)': \(error.localizedDescription)")
    }
  }

  /// Asks Slurm anew.
  /// - Returns: whether any run's task is still there.
  public func update() throws -> Bool {
    let queue = try Self.queue()
    for (index, state) in states.enumerated() {
      guard case .queued(let task, _) = state else { continue }
      if let now = queue[task] {
        states[index] = .queued(task, state: now)
      } else {
        let record = RunRecord(reading: runs[index].directory)
        states[index] = record?.state == .finished ? .finished : .ended(task)
      }
    }
    return states.contains { if case .queued = $0 { true } else { false } }
  }

  /// The last thing that a task said.
  public func lastWords(of task: Task) -> String? {
    guard let text = try? String(contentsOfFile: "\(folder)/\(task.name).log", encoding: .utf8) else { return nil }
    return text.split(separator: "\n").last.map { $0.hasPrefix("hpo: ") ? String($0.dropFirst(5)) : String($0) }
  }

  // MARK: Asking Slurm

  /// This user's tasks that are waiting or at work, and Slurm's word for how each is.
  private static func queue() throws -> [Task: String] {
    var queue: [Task: String] = [:]
    for line in try call(["squeue", "--me", "--noheader", "--array", "--format=%F %K %T"]).split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 3, let job = Int(words[0]), let index = Int(words[1]) else { continue }
      queue[Task(job: job, index: index)] = String(words[2])
    }
    return queue
  }

  /// Paths of a job's runs by their index; empty where this folder knows no such job.
  private static func submittedPaths(_ job: Int, in folder: String) -> [String] {
    let text = (try? String(contentsOfFile: "\(folder)/\(job).runs", encoding: .utf8)) ?? ""
    return text.split(separator: "\n").map(String.init)
  }

  /// Tasks that an array may have.
  private static func largestArray() throws -> Int {
    for line in try call(["scontrol", "show", "config"]).split(separator: "\n") where line.hasPrefix("MaxArraySize") {
      if let size = line.split(separator: "=").last.flatMap({ Int($0.trimmingCharacters(in: .whitespaces)) }), size > 0 { return size }
    }
    return 1000
  }

  private static func call(_ command: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    let output = Pipe(), error = Pipe()
    process.standardOutput = output
    process.standardError = error
    do {
      try process.run()
    } catch {
      throw SlurmError(reason: "cannot start \(command[0]): \(error.localizedDescription)")
    }
    // Errors are short: they fit the pipe while the output is read.
    let printed = output.fileHandleForReading.readDataToEndOfFile()
    let complained = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    if process.terminationStatus == 127 {
      throw SlurmError(reason: "there is no \(command[0]) here; --slurm is for machines that jobs are submitted from")
    }
    guard process.terminationStatus == 0 else {
      let reason = complained.split(separator: "\n").joined(separator: " ")
      throw SlurmError(reason: reason.isEmpty ? "\(command[0]) ended with exit code \(process.terminationStatus)" : reason)
    }
    return String(decoding: printed, as: UTF8.self)
  }
}

extension SlurmSweep.Task: Hashable {}

/// What Slurm, or the way to it, refused.
public struct SlurmError: Error, Equatable, CustomStringConvertible {
  var reason: String
  /// One line.
  public var description: String { reason }
}
