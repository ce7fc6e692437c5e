import ArgumentParser
import Experience
import Foundation
import Support
import Training

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Returns, and costs where there are, of a trained policy, acting deterministically.")

  @Argument(help: ArgumentHelp("The run directory, such as runs/HalfCheetah-v2/sac-hpo/seed-0.", valueName: "run"))
  var directory: String

  @Option(parsing: .unconditional, help: "Episodes to play.")
  var episodes = 10

  @Option(parsing: .unconditional, help: "Seed of the starts.")
  var seed = 0

  @Flag(help: "Use the networks of the best evaluation, not the last checkpoint's.")
  var best = false

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if episodes < 1 { throw ValidationError("--episodes must be at least 1, not \(episodes)") }
  }

  func run() throws {
    try reportingFailures {
      let result = try TrainedPolicy(run: RunDirectory(path: directory), best: best).evaluate(episodes: episodes, seed: seed)
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
