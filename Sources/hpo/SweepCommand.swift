import ArgumentParser
import Experiments
import Foundation
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
  @Option(help: "Folder of runs.")
  var out = "runs"
  @Option(help: "YAML file of settings for all runs.")
  var config: String?
  @Option(
    name: .customLong("set"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Any setting, for all runs.", valueName: "key=value"))
  var assignments: [String] = []
  @Option(name: .long, parsing: .unconditional, help: "Steps between evaluations.")
  var evaluationInterval: String?
  @Option(name: .long, parsing: .unconditional, help: "Episodes per evaluation.")
  var evaluationEpisodes: String?
  @Option(name: .long, parsing: .unconditional, help: "Steps between checkpoints.")
  var checkpointInterval: String?
  @Option(help: "Threads of each run. (default: one; two while there are fewer runs than processors)")
  var threads: Int?
  @Option(help: "Runs at a time. (default: a processor each)")
  var jobs: Int?
  @Flag(help: "List the runs and how long they will take, measured; train none.")
  var dryRun = false
  @Flag(help: "Leave out runs that are refused, an unknown task's say, and take the others.")
  var keepGoing = false
  @Flag(help: "Discard what the runs have recorded and start over.")
  var fresh = false

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
    if let seeds, Plan.seeds(seeds) == nil { throw ValidationError("--seeds are written 0-4 or 0,2,5-7, not '\(seeds)'") }
    if out.isEmpty { throw ValidationError("--out can not be empty; it names the folder of runs") }
  }

  func run() throws {
    try reportingFailures {
      var refusals: [String] = []
      let runs = try plannedRuns { label, error in
        refusals.append("\(label): \(error)")
        report("\(label) is left out: \(error)")
      }
      try train(runs, refusals: refusals)
    }
  }

  // MARK: Which runs

  private func plannedRuns(refused: @escaping (String, any Error) -> Void) throws -> [PlannedRun] {
    var overrides = Plan.Overrides()
    overrides.seeds = seeds.flatMap(Plan.seeds)
    overrides.settings = try settings()
    let plans = try namedPlans().map { source, plan in
      let plan = try plan.applying(overrides)
      return (source: source, runs: try plan.runs(out: out, refused: keepGoing ? refused : nil))
    }
    return try .merging(plans)
  }

  private func namedPlans() throws -> [(source: String, plan: Plan)] {
    guard plans.isEmpty else { return try Plan.files(in: plans).map { ($0, try Plan(contentsOf: $0)) } }
    if let name, !isFolderName(name) { throw PlanError.notAFolderName(name, of: "the runs' name", source: "--name") }
    func entries(_ list: String, _ key: String, _ source: String) -> [SettingEntry] {
      list.split(separator: ",").map {
        SettingEntry(key: key, value: $0.trimmingCharacters(in: .whitespaces), source: source)
      }
    }
    let plan = Plan(
      environments: entries(environments ?? "", "environment", "--environments"),
      algorithms: entries(algorithms ?? Algorithm.sacHPO.rawValue, "algorithm", "--algorithms"),
      variants: name.map { [Plan.Variant(name: $0, settings: [])] } ?? [], seeds: [0])
    return [("the command line", plan)]
  }

  private func settings() throws -> [SettingEntry] {
    var entries = try config.map { try Settings.entries(ofFile: $0) } ?? []
    entries += try assignments.map { try SettingEntry(assignment: $0) }
    let options = [
      ("steps", steps), ("evaluation_interval", evaluationInterval), ("evaluation_episodes", evaluationEpisodes),
      ("checkpoint_interval", checkpointInterval),
    ]
    for (key, value) in options {
      guard let value else { continue }
      entries.append(SettingEntry(key: key, value: value, source: "--" + key.replacingOccurrences(of: "_", with: "-")))
    }
    return entries
  }

  // MARK: On this machine

  private func train(_ runs: [PlannedRun], refusals: [String]) throws {
    var options = Sweep.Options(program: "/proc/self/exe", resources: .current)
    options.jobs = jobs
    options.threads = threads
    options.startsOver = fresh
    let sweep = try Sweep(runs, options)
    let display = SweepDisplay(sweep)
    sweep.onEvent = display.take
    sweep.onTick = display.tick
    try sweep.run()
    display.finish()
    let failures = refusals + sweep.failures.map { "\($0.run.label): \($0.reason)" }
    let finished = sweep.states.count { $0 == .finished }
    say("\(finished) of \(runs.count + refusals.count) runs finished" + (failures.isEmpty ? "" : ", \(failures.count) failed:"))
    for failure in failures { report(failure) }
    if let signal = sweep.stopSignal {
      report("stopped by \(signal.name); the same command goes on")
      throw ExitCode(128 + signal.number)
    }
    if !failures.isEmpty { throw ExitCode(1) }
  }
}
