import ArgumentParser
import Configuration
import Experiments
import Foundation
import Records
import Training

struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep", abstract: "Train many runs: a plan's, or every combination of environments, algorithms and seeds.",
    discussion: """
      A process for each run, as many at a time as there are processors. The same command goes on with what is unfinished and leaves \
      alone what is finished. A run that fails is told of at the end (exit code 1); the others go on.
      """)

  @Argument(help: ArgumentHelp("A plan's YAML file, or a folder of plans; several are taken together.", valueName: "plan"))
  var plans: [String] = []

  @Option(help: ArgumentHelp("Without a plan: environments.", valueName: "a,b"))
  var environments: String?
  @Option(help: ArgumentHelp("Without a plan: algorithms. (default: sac-hpo)", valueName: "a,b"))
  var algorithms: String?
  @Option(parsing: .unconditional, help: ArgumentHelp("Seeds, in place of the plan's. (default: the plan's, or 0)", valueName: "0-4"))
  var seeds: String?
  @Option(parsing: .unconditional, help: "Environment steps, in place of the plan's.")
  var steps: String?
  @Option(parsing: .unconditional, help: "Without a plan: what the runs are called besides their algorithms.")
  var name: String?
  @OptionGroup var runOptions: RunOptions
  @Option(help: "Threads of each run. (default: one; two while there are fewer runs than processors)")
  var threads: Int?
  @Option(help: "Runs at a time. (default: a processor each)")
  var jobs: Int?
  @Flag(help: "List the runs and how long they will take, measured; train none.")
  var dryRun = false
  @Flag(help: "Leave out runs that are refused, an unknown task's say, and take the others.")
  var keepGoing = false
  @Flag(help: "Submit the runs to Slurm, one a task of an array job, and watch them.")
  var slurm = false
  @Option(help: "Slurm: partition.")
  var partition: String?
  @Option(help: "Slurm: time limit of a task, such as 04:00:00; a run that takes longer goes on in another.")
  var time: String?
  @Option(help: "Slurm: memory of a task, such as 4G. (default: not asked for)")
  var memory: String?
  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Slurm: a further option of sbatch, such as --account=lab.", valueName: "option"))
  var slurmOption: [String] = []
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Slurm: what starts hpo on a node, such as 'apptainer exec hpo.sif'.", valueName: "command"))
  var launcher: String?
  @Flag(help: "Slurm: submit, and watch nothing.")
  var submitOnly = false

  func validate() throws {
    if plans.isEmpty && environments == nil { throw ValidationError("name a plan, or --environments and --algorithms") }
    if !plans.isEmpty {
      for (option, value) in [("--environments", environments), ("--algorithms", algorithms), ("--name", name)] where value != nil {
        throw ValidationError("\(option) is what a plan says; leave it out, or the plan")
      }
    }
    for (option, value) in [("--threads", threads), ("--jobs", jobs)] {
      if let value, !(1...10_000).contains(value) { throw ValidationError("\(option) must be from 1 to 10000, not \(value)") }
    }
    if !slurm {
      let given: [(String, Bool)] = [
        ("--partition", partition != nil), ("--time", time != nil), ("--memory", memory != nil), ("--slurm-option", !slurmOption.isEmpty),
        ("--launcher", launcher != nil), ("--submit-only", submitOnly),
      ]
      for (option, isGiven) in given where isGiven { throw ValidationError("\(option) is for --slurm") }
    }
    if slurm && runOptions.fresh { throw ValidationError("--fresh does not go with --slurm: a task that comes back would start over each time") }
    if let seeds, Plan.seeds(seeds) == nil { throw ValidationError("--seeds are written 0-4 or 0,2,5-7, not '\(seeds)'") }
  }

  func run() throws {
    try reportingFailures {
      var refusals: [String] = []
      let runs = try plannedRuns { label, error in
        refusals.append("\(label): \(error)")
        report("\(label) is left out: \(error)")
      }
      if dryRun {
        try estimate(runs, refusals: refusals)
      } else if slurm {
        try submit(runs, refusals: refusals)
      } else {
        try train(runs, refusals: refusals)
      }
    }
  }

  // MARK: Which runs

  private func plannedRuns(refused: @escaping (String, any Error) -> Void) throws -> [PlannedRun] {
    var overrides = Plan.Overrides()
    overrides.seeds = seeds.flatMap(Plan.seeds)
    overrides.settings = try runOptions.entries([("steps", steps)])
    let plans = try namedPlans().map { source, plan in
      let plan = try plan.applying(overrides)
      return (
        source: source,
        runs: try plan.runs(
          out: runOptions.out, in: Program.current.environments, algorithms: Program.current.algorithms, refused: keepGoing ? refused : nil)
      )
    }
    return try .merging(plans)
  }

  private func namedPlans() throws -> [(source: String, plan: Plan)] {
    guard plans.isEmpty else { return try Plan.files(in: plans).map { ($0, try Plan(contentsOf: $0)) } }
    if let name, !Settings.isName(name) { throw PlanError.notAFolderName(name, of: "the runs' name", source: "--name") }
    func entries(_ list: String, _ key: String, _ source: String) -> [SettingEntry] {
      list.split(separator: ",").map {
        SettingEntry(key: key, value: $0.trimmingCharacters(in: .whitespaces), source: source)
      }
    }
    let plan = Plan(
      environments: entries(environments ?? "", "environment", "--environments"),
      algorithms: entries(algorithms ?? Program.current.algorithms.algorithms[0].name, "algorithm", "--algorithms"),
      variants: name.map { [Plan.Variant(name: $0, settings: [])] } ?? [], seeds: [0])
    return [("the command line", plan)]
  }

  // MARK: On this machine

  private var sweepOptions: Sweep.Options {
    var options = Sweep.Options()
    options.jobs = jobs
    options.threads = threads
    options.startsOver = runOptions.fresh
    return options
  }

  private func train(_ runs: [PlannedRun], refusals: [String]) throws {
    let sweep = try Sweep(runs, sweepOptions)
    let display = SweepDisplay(sweep)
    sweep.onEvent = display.take
    sweep.onTick = display.tick
    try sweep.run()
    display.finish()
    let failures = refusals + sweep.failures.map { "\($0.run.label): \($0.reason)" }
    let finished = sweep.states.count { $0 == .finished }
    let before = display.finishedBefore > 0 ? ", \(display.finishedBefore) of them before" : ""
    conclude("\(finished) of \(runs.count + refusals.count) runs finished\(before)", failures)
    if let signal = sweep.stopSignal {
      report("stopped by \(signal.name); the same command goes on")
      throw ExitCode(128 + signal.number)
    }
    if !failures.isEmpty { throw ExitCode(1) }
  }
  private func conclude(_ summary: String, _ failures: [String]) {
    say(summary + (failures.isEmpty ? "" : ", \(failures.count) failed:"))
    for failure in failures { report(failure) }
  }

  /// What a sweep would do, and how long it would take.
  private func estimate(_ runs: [PlannedRun], refusals: [String]) throws {
    let sweep = try Sweep(runs, sweepOptions)
    let records = runs.map { runOptions.fresh ? nil : RunRecord(reading: $0.directory) }
    let isOpen = records.map { $0?.state != .finished }
    let open = zip(runs, isOpen).filter(\.1).map(\.0)
    say("measuring a second of each kind of run")
    let speeds = try SpeedMeasurement(sweepOptions, jobs: sweep.jobs).measure(open)
    var times: [Double] = []
    for (run, record) in zip(runs, records) {
      if record?.state == .finished, !runOptions.fresh {
        say("\(run.label): finished")
        continue
      }
      let seconds = speeds[run.group]!.seconds(run, from: record?.step ?? 0, timeLimit: try run.timeLimit())
      times.append(seconds)
      let done = record.map { ", \($0.step) taken" } ?? ""
      say("\(run.label): \(run.settings.steps) steps\(done), about \(duration(seconds))")
    }
    let most = sweep.memory
    say(
      "\(runs.count) runs, \(times.count) to take, \(sweep.jobs) at a time: about \(duration(Forecast.seconds(times, places: sweep.jobs))); "
        + "memory \(gigabytes(most)) of \(gigabytes(sweepOptions.resources.memory))")
    if !refusals.isEmpty { throw ExitCode(1) }
  }

  // MARK: On a cluster

  private func submit(_ runs: [PlannedRun], refusals: [String]) throws {
    var options = SlurmSweep.Options()
    (options.partition, options.time, options.memory) = (partition, time, memory)
    (options.jobs, options.threads, options.further) = (jobs, threads, slurmOption)
    options.launcher = launcher?.split(separator: " ").map(String.init) ?? []
    let sweep = try SlurmSweep(runs, folder: "\(runs.first?.out ?? runOptions.out)/slurm", options)
    let display = SlurmDisplay(sweep)
    display.begin()
    try sweep.submit { job, tasks in
      say("job \(job): \(tasks) task\(tasks == 1 ? "" : "s"), logs in \(sweep.folder)/\(job)_<task>.log; 'scancel \(job)' ends it")
    }
    if submitOnly {
      if !refusals.isEmpty { throw ExitCode(1) }
      return
    }
    say("watching; Control-C ends that, not the runs")
    try display.watch()
    let failures = refusals + display.failures
    conclude("\(sweep.states.count { $0 == .finished }) of \(runs.count + refusals.count) runs finished", failures)
    if !failures.isEmpty { throw ExitCode(1) }
  }
}
