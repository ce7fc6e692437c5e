import ArgumentParser
import Configuration
import Foundation
import Gym
import Interchange
import Records
import Support
import Training

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Returns, and costs where there are, of a trained policy, acting deterministically.",
    discussion: """
      The episodes' starts come from a stream of their own: no seed repeats those that a run chose its best networks by.
      """)

  @Argument(
    help: ArgumentHelp(
      "The run directory, such as runs/HalfCheetah-v2/sac-hpo/seed-0, or a folder that holds a best.h5 alone.", valueName: "run"),
    completion: .directory)
  var directory: String

  // Kept as text, to be read as settings are.
  @Option(parsing: .unconditional, help: "Episodes to play. (default: 10)")
  var episodes: String?

  @Option(parsing: .unconditional, help: "Seed of the starts. (default: 0)")
  var seed: String?

  @OptionGroup var networks: NetworkChoice

  @Option(help: "Another environment than the run's, of the same sizes.", completion: .environments)
  var environment: String?

  @OptionGroup var settings: EnvironmentSettings

  @Flag(help: "Act as training explores.")
  var stochastic = false

  @Option(help: "HDF5 file for the episodes, as 'hpo rollout' reads them, with observations and rewards beside.")
  var record: String?

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    try reportingFailures {
      let declared = RunSettings.declared
      let episodes = try episodes.map { try value($0, as: declared.evaluationEpisodes, option: "--episodes") } ?? 10
      let seed = try seed.map { try value($0, as: declared.seed, option: "--seed") } ?? 0
      let policy = try TrainedPolicy(
        run: RunDirectory(path: directory), networks: try networks.chosen(), algorithms: Program.current.algorithms)
      let task = try Program.current.environment(of: policy.settings, instead: environment, changes: try settings.parameters())
      if environment == nil, let trained = policy.modelHash, let present = try task.specification.modelHash?.value(), trained != present {
        report("the model of \(task.specification.id) is not the one that this policy was trained with: its content has changed")
      }
      func play(_ observer: (any EpisodeObserver)?) throws -> TrainedPolicy.Result {
        try policy.evaluate(in: task, episodes: episodes, seed: seed, isExploring: stochastic, observer: observer)
      }
      let result = try record.map { try TrajectoryRecorder.record(task, to: $0, play) } ?? play(nil)
      if json {
        try sayJSON(result)
      } else {
        show(result)
      }
    }
  }

  private func show(_ result: TrainedPolicy.Result) {
    for (index, (value, length)) in zip(result.returns, result.lengths).enumerated() {
      var line = String(format: "episode %d: return %.2f, %d steps", index, value, length)
      if let costs = result.costs, let discounted = result.discountedCosts {
        line += String(format: ", cost %.2f, discounted %.2f", costs[index], discounted[index])
      }
      print(line)
    }
    var summary = String(format: "mean %.2f, standard deviation %.2f", result.returnMean, result.returnStd)
    if let costs = result.costs, let discounted = result.discountedCosts {
      summary += String(format: "; mean cost %.2f, discounted %.2f", Statistics(costs).mean, Statistics(discounted).mean)
    }
    print(summary)
  }
}

/// Which of a run's networks a command uses.
struct NetworkChoice: ParsableArguments {
  @Flag(help: "Use the networks of the best evaluation, not the last checkpoint's.")
  var best = false

  @Option(parsing: .unconditional, help: ArgumentHelp("Use the networks that were kept at this step.", valueName: "step"))
  var snapshot: String?

  func chosen() throws -> TrainedPolicy.Networks {
    guard let snapshot else { return best ? .best : .last }
    if best { throw SettingsError.contradiction("--best and --snapshot name different networks; give one of them") }
    return .snapshot(try value(snapshot, as: RunSettings.declared.steps, option: "--snapshot"))
  }
}

extension Program {
  /// The environment that a run was trained on, or another one.
  /// - Parameters:
  ///   - other: the name of another one, which has its own parameters.
  ///   - changes: parameters that are to be otherwise.
  public func environment(
    of settings: Settings, instead other: String?, changes: [String: ParameterValue]
  ) throws -> any Environment {
    let entry = try environments.entry(other ?? settings.environment)
    let own = entry.id == settings.environment ? settings.environmentParameters : [:]
    return try entry.environment(own.merging(changes) { $1 })
  }
}
