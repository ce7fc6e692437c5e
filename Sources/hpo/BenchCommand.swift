import ArgumentParser
import Environments
import Foundation
import Training

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure speed.", subcommands: [EnvironmentSpeed.self])

  struct EnvironmentSpeed: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "environments", abstract: "Steps per second of each task beside MuJoCo alone.")

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
        if !json { print("environment       steps/s   bare MuJoCo   task/bare") }
        for name in environments.isEmpty ? EnvironmentBenchmark.ids : environments {
          let row = try EnvironmentBenchmark.measure(name, steps: steps, repetitions: repetitions)
          rows.append(row)
          if json { continue }
          let id = row.environment.padding(toLength: 14, withPad: " ", startingAt: 0)
          let (speed, bare) = (row.stepsPerSecond, row.bareStepsPerSecond)
          print(id + String(format: "%11.0f %13.0f %10.1f %%", speed, bare, 100 * row.fraction))
        }
        if json {
          let encoder = JSONEncoder()
          encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
          print(String(decoding: try encoder.encode(["environments": rows]), as: UTF8.self))
        }
      }
    }
  }
}
