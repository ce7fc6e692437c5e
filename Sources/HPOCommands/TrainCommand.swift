import ArgumentParser
import Configuration
import Foundation
import Gym
import Records
import Synchronization
import Training

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train an agent and write its learning curve.",
    discussion: """
      An unfinished run of the same settings is continued, a finished one left alone. Settings come from built-in defaults, \
      then --config, then the other options; --set takes any key of the settings file, which 'hpo settings' lists.
      """)

  @Argument(help: "The environment, such as HalfCheetah.")
  var environment: String

  // Kept as text, so that every source of a setting is checked in the same place and reported in the same words.
  @Option(parsing: .unconditional, help: "The algorithm: \(Program.current.algorithms.names). (default: sac-hpo)")
  var algorithm: String?
  @Option(
    parsing: .unconditional, help: "A name of the run's own, for settings that the algorithm's does not stand for: its folder is ALGORITHM+NAME.")
  var name: String?
  @Option(parsing: .unconditional, help: "Seed of every random stream. (default: 0)")
  var seed: String?
  @Option(parsing: .unconditional, help: "Environment steps. (default: 1000000)")
  var steps: String?
  @Option(help: "Folder of runs.")
  var out = "runs"
  @Option(help: "YAML file of settings.")
  var config: String?
  @Option(
    name: .customLong("set"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Any setting.", valueName: "key=value"))
  var assignments: [String] = []
  @Option(name: .long, parsing: .unconditional, help: "Steps between evaluations. (default: 10000)")
  var evaluationInterval: String?
  @Option(name: .long, parsing: .unconditional, help: "Episodes per evaluation. (default: 10)")
  var evaluationEpisodes: String?
  @Option(name: .long, parsing: .unconditional, help: "Steps between checkpoints. (default: 10000)")
  var checkpointInterval: String?
  @Option(parsing: .unconditional, help: "Threads of an update; they change the speed, not the numbers. (default: auto)")
  var threads: String?
  @Flag(help: "Discard what the run directory holds and start over.")
  var fresh = false
  /// What holds the other end of the input, a sweep, is gone when the input ends.
  @Flag(help: .hidden)
  var stopAtEndOfInput = false
  @Flag(help: "Print nothing but warnings and errors.")
  var quiet = false
  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Seconds between lines of progress. (default: 5, on a terminal 0.2)", valueName: "seconds"))
  var progressInterval: Double?

  func validate() throws {
    if let progressInterval, !(0.01...86400).contains(progressInterval) {
      throw ValidationError("--progress-interval must be from 0.01 to 86400 seconds, not \(progressInterval)")
    }
  }

  func run() throws {
    try reportingFailures {
      if out.isEmpty { throw SettingsError.contradiction("--out can not be empty; it names the folder of runs") }
      let settings = try Program.current.settings(try layers(), environment: environment)
      // At once: opening a long run takes seconds, in which a signal must not kill it.
      StopRequest.listen()
      let directory = RunDirectory(out: out, settings: settings)
      if try !fresh && TrainingRun.isFinished(settings, in: directory) {
        tell("\(directory.path): finished, \(settings.steps) steps; --fresh starts over")
        return
      }
      let run = try TrainingRun(settings, directory: directory, startsOver: fresh, warn: report) {
        try Program.current.environments.make(settings.environment, parameters: settings.environmentParameters)
      }
      tell("\(settings.environment), \(settings.label), seed \(settings.seed), \(settings.steps) steps")
      tell(run.stepsTaken == 0 ? "recording in \(directory.path)" : "going on at step \(run.stepsTaken) of \(directory.path)")
      let endsWithInput = stopAtEndOfInput
      run.stopRequest = { StopRequest.received ?? (endsWithInput && hasEnded(STDIN_FILENO) ? .terminate : nil) }
      run.checkpointRequest = { StopRequest.takeCheckpointRequest() }
      let progress = quiet ? nil : ProgressLine(run, interval: progressInterval)
      if let progress { run.onStep = { _ in progress.update() } }
      do {
        try run.run()
      } catch {
        progress?.finish()
        throw error
      }
      progress?.finish()
      for evaluation in run.evaluations.suffix(1) {
        let mean = String(format: "%.1f", evaluation.meanReturn)
        tell("finished: mean return \(mean) at step \(evaluation.step); curves in \(directory.curve)")
      }
    }
  }

  private func tell(_ line: String) {
    if !quiet { say(line) }
  }

  private func layers() throws -> [SettingEntry] {
    var entries = try config.map { try SettingsFile.entries(ofFile: $0) } ?? []
    entries += try assignments.map { try SettingEntry(assignment: $0) }
    let options = [
      ("algorithm", algorithm), ("name", name), ("seed", seed), ("steps", steps), ("evaluation_interval", evaluationInterval),
      ("evaluation_episodes", evaluationEpisodes), ("checkpoint_interval", checkpointInterval), ("threads", threads),
    ]
    for (key, value) in options {
      guard let value else { continue }
      let option = "--" + key.replacingOccurrences(of: "_", with: "-")
      entries.append(SettingEntry(key: key, value: value, source: option))
    }
    return entries
  }
}

/// Whether nobody holds the other end of a pipe.
private func hasEnded(_ descriptor: Int32) -> Bool {
  var question = pollfd(fd: descriptor, events: 0, revents: 0)
  return poll(&question, 1, 0) > 0 && question.revents & Int16(POLLHUP) != 0
}

/// The signals of ``StopSignal`` ask a run to stop, SIGUSR1 asks it to save: remembered until the run looks. A second SIGINT ends the
/// process at once. What the process was started to ignore, as `nohup` does SIGHUP, it goes on to ignore.
enum StopRequest {
  private static let number = Atomic<Int32>(0)
  private static let wantsCheckpoint = Atomic<Bool>(false)

  /// Whether SIGUSR1 came since the last call.
  static func takeCheckpointRequest() -> Bool { wantsCheckpoint.exchange(false, ordering: .relaxed) }

  static func listen() {
    // Touched before a handler can be: a static's first use takes a lock.
    number.store(0, ordering: .relaxed)
    wantsCheckpoint.store(false, ordering: .relaxed)
    // Whoever started the process may have had them blocked, as threads of Dispatch have.
    var heard = sigset_t()
    sigemptyset(&heard)
    for signal in [SIGUSR1] + StopSignal.all.map(\.number) { sigaddset(&heard, signal) }
    pthread_sigmask(SIG_UNBLOCK, &heard, nil)
    if !isIgnored(SIGUSR1) { Foundation.signal(SIGUSR1) { _ in StopRequest.wantsCheckpoint.store(true, ordering: .relaxed) } }
    for signal in StopSignal.all.map(\.number) where !isIgnored(signal) {
      Foundation.signal(signal) { number in
        StopRequest.number.store(number, ordering: .relaxed)
        if number == SIGINT { Foundation.signal(SIGINT, SIG_DFL) }
      }
    }
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var present = sigaction()
    sigaction(number, nil, &present)
    return unsafeBitCast(present.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  static var received: StopSignal? {
    let number = number.load(ordering: .relaxed)
    return StopSignal.all.first { $0.number == number }
  }
}
