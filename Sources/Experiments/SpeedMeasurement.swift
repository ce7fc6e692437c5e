import Configuration
import Foundation
import HDF5
import Records
import Training

/// How fast runs are on this machine, from a second of each kind: real runs, as many at a time as a sweep would take, in a folder of
/// their own that is removed.
public struct SpeedMeasurement {
  /// What a second showed.
  public struct Speeds: Sendable, Equatable {
    /// Environment steps per second with their updates.
    public var learning: Double
    /// Environment steps per second without, as before updates begin and, about, in evaluations.
    public var acting: Double

    /// Seconds that a run takes from a step on. Evaluations count as episodes of full length: a policy that does well survives.
    public func seconds(_ run: PlannedRun, from step: Int = 0, timeLimit: Int) -> Double {
      let settings = run.settings
      let updating = max(0, settings.steps - max(step, settings.updateAfter))
      let random = max(0, settings.steps - step - updating)
      // One more happens at the last step.
      let evaluations =
        settings.steps / settings.evaluationInterval - step / settings.evaluationInterval
        + (settings.steps % settings.evaluationInterval == 0 ? 0 : 1)
      let evaluated = evaluations * settings.evaluationEpisodes * timeLimit
      return Double(updating) / learning + Double(random + evaluated) / acting
    }
  }

  private let options: Sweep.Options
  private let jobs: Int

  /// - Parameter jobs: runs at a time.
  public init(_ options: Sweep.Options, jobs: Int) {
    self.options = options
    self.jobs = jobs
  }

  /// The speeds of each kind among some runs, by ``PlannedRun/group``.
  /// - Throws: `SpeedError` with what a run says that cannot be measured.
  public func measure(_ runs: [PlannedRun]) throws -> [String: Speeds] {
    var kinds: [PlannedRun] = []
    for run in runs where !kinds.contains(where: { $0.group == run.group }) { kinds.append(run) }
    var speeds: [String: Speeds] = [:]
    for start in stride(from: 0, to: kinds.count, by: jobs) {
      let batch = Array(kinds[start..<min(start + jobs, kinds.count)])
      // As many at a time as there will be, whatever is left of the kinds: they share the machine.
      let full = runs.count < jobs ? batch : (0..<jobs).map { batch[$0 % batch.count] }
      let learning = try stepsPerSecond(full, updateAfter: 1, seconds: 1)
      let acting = try stepsPerSecond(full, updateAfter: Self.capacity, seconds: 0.3)
      for (index, run) in batch.enumerated() { speeds[run.group] = Speeds(learning: learning[index], acting: acting[index]) }
    }
    return speeds
  }

  /// Transitions; more steps than a second has.
  private static let capacity = 100_000

  private func stepsPerSecond(_ runs: [PlannedRun], updateAfter: Int, seconds: Double) throws -> [Double] {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("hpo-measurement-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let lifeline = try Lifeline()
    var samples: [Sample] = []
    defer { for sample in samples { sample.end() } }
    for (index, run) in runs.enumerated() {
      let threads = options.threads ?? (run.choosesThreads ? run.settings.threadsInUse : 1)
      var arguments = run.arguments(threads: threads, out: "\(folder)/\(index)") + ["--stop-at-end-of-input"]
      let never = 1 << 40
      for (key, value) in [
        ("replay_capacity", Self.capacity), ("update_after", updateAfter), ("warmup_steps", 0), ("evaluation_interval", never),
        ("checkpoint_interval", never), ("logging_interval", never),
      ] {
        arguments += ["--set", "\(key)=\(value)"]
      }
      arguments += ["--steps", "\(never)"]
      let directory = run.directory(below: "\(folder)/\(index)")
      samples.append(Sample(run, directory, try ChildProcess(options.program(), arguments, lifeline: lifeline)))
    }
    // A checkpoint at the beginning and one at the end tell step and time.
    let first = try samples.map { try $0.firstSteps() }
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end { usleep(10_000) }
    let second = try zip(samples, first).map { try $0.checkpoint(after: $1.step) }
    return zip(first, second).map { Double($1.step - $0.step) / ($1.time - $0.time) }
  }

  private final class Sample {
    let run: PlannedRun
    let directory: RunDirectory
    var process: ChildProcess
    private var last: (step: Int, time: Double)?

    init(_ run: PlannedRun, _ directory: RunDirectory, _ process: consuming ChildProcess) {
      self.run = run
      self.directory = directory
      self.process = process
    }

    /// Its first checkpoint that has steps.
    func firstSteps() throws -> (step: Int, time: Double) {
      try wait { saved() != nil }
      return try checkpoint(after: 0)
    }

    /// Asks for a checkpoint beyond a step.
    func checkpoint(after step: Int) throws -> (step: Int, time: Double) {
      process.send(SIGUSR1)
      try wait { saved().map { $0.step > step } ?? false }
      return saved()!
    }

    private func wait(until condition: () -> Bool) throws {
      while !condition() {
        if process.hasEnded() {
          let reason = process.newLines(all: true).last ?? "it ended"
          throw SpeedError(label: run.label, reason: reason.hasPrefix("hpo: ") ? String(reason.dropFirst(5)) : reason)
        }
        usleep(2000)
      }
    }

    /// The file is replaced as a whole: it can be read at any time.
    private func saved() -> (step: Int, time: Double)? {
      var status = stat()
      guard stat(directory.checkpoint, &status) == 0 else { return nil }
      let time = Double(status.st_mtim.tv_sec) + 1e-9 * Double(status.st_mtim.tv_nsec)
      if let last, last.time == time { return last }
      guard let file = try? HDF5File.open(at: directory.checkpoint), let step: Int = try? file.group("progress").attribute("step")
      else { return last }
      last = (step, time)
      return last
    }

    func end() {
      process.send(SIGKILL)
      while !process.hasEnded() { usleep(1000) }
    }
  }
}

/// A run that cannot be measured.
struct SpeedError: Error, CustomStringConvertible {
  var label: String
  var reason: String
  var description: String { "\(label) cannot be measured: \(reason)" }
}
