import ArgumentParser
import Configuration
import Foundation
import Benchmarks
import Gym
import Training

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure speed; on an otherwise idle machine.",
    subcommands: [TrainingSpeed.self, EnvironmentSpeed.self, ProductSpeed.self, CheckpointCost.self],
    defaultSubcommand: TrainingSpeed.self)

  struct TrainingSpeed: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "training", abstract: "Updates and the whole training loop beside their floor.")

    @Argument(help: "The environments. (default: HalfCheetah and Humanoid, where there are these, or the first of 'hpo env list')")
    var environments: [String] = []

    @Option(help: "The algorithms.")
    var algorithm = ["sac", "sac-hpo"]

    @Option(help: "Threads of an update.")
    var threads = 2

    @Option(help: "Repetitions; medians are reported.")
    var repetitions = 5

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
      // The floor is what all threads can do: it must not count threads that training leaves idle.
      let most = TrainingBenchmark.mostThreads
      guard (1...most).contains(threads) else {
        throw ValidationError("--threads must be from 1 to \(most), the lanes that an update is cut into, got \(threads)")
      }
      guard repetitions > 0 else { throw ValidationError("--repetitions must be at least 1, got \(repetitions)") }
    }

    func run() throws {
      try reportingFailures {
        var rows: [TrainingBenchmark] = []
        if !json { say(Program.current.versions.map { "\($0.name): \($0.version)" }.joined(separator: ", ")) }
        for environment in environments.isEmpty ? usual : environments {
          for name in algorithm {
            let row = try TrainingBenchmark.measure(
              try Program.current.environments.entry(environment), try Program.current.algorithms.algorithm(named: name), threads: threads,
              repetitions: repetitions)
            rows.append(row)
            if !json { show(row) }
          }
        }
        if json { try sayJSON(["training": rows]) }
      }
    }

    private var usual: [String] {
      let known = Program.current.environments
      let usual = ["HalfCheetah", "Humanoid"].filter { (try? known.entry($0)) != nil }
      return usual.isEmpty ? Array(known.ids.prefix(1)) : usual
    }

    private func show(_ row: TrainingBenchmark) {
      say(
        "\(row.environment) \(row.algorithm): "
          + String(format: "%.0f steps/s, floor %.0f, %.0f %%; ", row.stepsPerSecond, row.floorStepsPerSecond, 100 * row.share)
          + String(format: "update %.2f ms, floor %.2f at %.0f GFLOP/s; ", row.updateMilliseconds, row.updateFloorMilliseconds, row.productRate)
          + String(format: "environment %.3f ms", row.environmentMilliseconds))
      if row.peakRate > 0 {
        say(
          String(
            format: "  of %.0f GFLOP/s, the peak of multiply-adds: %.0f %% in updates, %.0f %% in the loop; OpenBLAS's products %.0f %%",
            row.peakRate, 100 * row.updateShareOfPeak, 100 * row.loopShareOfPeak, 100 * row.productRate / row.peakRate))
      }
      for (part, time) in row.partMilliseconds.sorted(by: { $0.value > $1.value }) {
        say("  " + part.padding(toLength: 18, withPad: " ", startingAt: 0) + String(format: "%8.3f ms", time))
      }
    }
  }

  struct EnvironmentSpeed: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "environments", abstract: "Steps per second of each task, MuJoCo's beside MuJoCo alone.")

    @Argument(help: "The environments; all of them by default.")
    var environments: [String] = []

    @Option(help: "Environment steps per repetition.")
    var steps = 500

    @Option(help: "Repetitions; medians are reported.")
    var repetitions = 9

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
      guard steps > 0, repetitions > 0 else {
        throw ValidationError("--steps and --repetitions must be at least 1, got \(steps) and \(repetitions)")
      }
    }

    func run() throws {
      try reportingFailures {
        var rows: [EnvironmentBenchmark.Row] = []
        let known = Program.current.environments
        let width = known.ids.map(\.count).max() ?? 0
        func column(_ name: String) -> String { name.padding(toLength: width, withPad: " ", startingAt: 0) }
        if !json { print(column("environment") + "  steps/s   bare MuJoCo   task/bare") }
        for name in environments.isEmpty ? known.ids : environments {
          let environment: any Environment
          do {
            environment = try known.make(name)
          } catch  where environments.isEmpty {
            continue  // not set up: 'hpo env list' says so
          }
          let row = try EnvironmentBenchmark.measure(environment, steps: steps, repetitions: repetitions)
          rows.append(row)
          if json { continue }
          let bare = row.bareStepsPerSecond.map { String(format: "%14.0f", $0) } ?? ""
          let fraction = row.fraction.map { String(format: "%10.1f %%", 100 * $0) } ?? ""
          print(column(row.environment) + String(format: "%9.0f", row.stepsPerSecond) + bare + fraction)
        }
        if json { try sayJSON(["environments": rows]) }
      }
    }
  }

  struct ProductSpeed: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "products", abstract: "Matrix products of an update beside OpenBLAS's, on one thread.")

    @Option(help: "Repetitions; medians are reported.")
    var repetitions = 15

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
      guard repetitions > 0 else { throw ValidationError("--repetitions must be at least 1, got \(repetitions)") }
    }

    func run() throws {
      let rows = ProductBenchmark.measure(repetitions: repetitions)
      if json {
        try sayJSON(["products": rows])
        return
      }
      print("GFLOP/s on one thread                 rows columns terms    own OpenBLAS   peak   own/peak")
      for row in rows {
        print(
          row.name.padding(toLength: 36, withPad: " ", startingAt: 0)
            + String(
              format: "%6d %7d %5d %6.1f %8.1f %6.1f %8.0f %%", row.rows, row.columns, row.terms, row.ownRate, row.blasRate, row.peakRate,
              row.peakRate > 0 ? 100 * row.ownRate / row.peakRate : .nan))
      }
    }
  }

  struct CheckpointCost: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "checkpoint", abstract: "Time and bytes of checkpoints as a run grows, and its memory.")

    @Argument(help: "The environment. (default: Humanoid, or the first of 'hpo env list')")
    var environment: String?

    private var usual: String {
      let known = Program.current.environments
      return (try? known.entry("Humanoid").id) ?? known.ids.first ?? "Humanoid"
    }

    @Option(help: "The algorithm.")
    var algorithm = "sac-hpo"

    @Option(help: "Lengths of the run to measure at, multiples of 10,000.")
    var transitions = [10_000, 100_000, 1_000_000]

    @Option(help: "Folder to record in: what a checkpoint costs is the file system's.")
    var out = FileManager.default.temporaryDirectory.path

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
      guard transitions.allSatisfy({ $0 > 0 && $0.isMultiple(of: 10_000) }) else {
        throw ValidationError("--transitions must be multiples of 10000, got \(transitions)")
      }
    }

    func run() throws {
      try reportingFailures {
        let rows = try CheckpointBenchmark.measure(
          try Program.current.environments.entry(environment ?? usual), try Program.current.algorithms.algorithm(named: algorithm),
          transitions: transitions.sorted(), in: out)
        if json {
          try sayJSON(["checkpoint": rows])
          return
        }
        say("transitions   checkpoint     written   of run time   resident memory")
        for row in rows {
          say(
            String(
              format: "%11d %10.3f s %8.1f MB %11.2f %% %14.2f GB", row.transitions, row.seconds, Double(row.bytes) / 1e6,
              100 * row.share, Double(row.residentBytes) / 1e9))
        }
      }
    }
  }
}
