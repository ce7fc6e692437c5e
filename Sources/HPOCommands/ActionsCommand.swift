import ArgumentParser
import Interchange
import Records
import Training

struct ActionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "actions", abstract: "A policy's actions at one state before and after evolution, over Q's contour (Figure 7).",
    discussion: """
      The state is an episode's first, drawn by the seed; 1000 draws of the exploration policy. The output holds state, base_actions, \
      evolved_actions, dimensions, grid_x, grid_y and min_q.
      """)

  @Argument(
    help: ArgumentHelp(
      "The run directory, such as runs/HalfCheetah-v2/sac-hpo/seed-0, or a folder that holds a best.h5 alone.", valueName: "run"),
    completion: .directory)
  var directory: String

  @OptionGroup var networks: NetworkChoice

  @Option(parsing: .unconditional, help: "Seed of the state and of the draws.")
  var seed = 0

  @Option(help: "The contour's two dimensions of the action, counted from 0.")
  var dimensions = "0,1"

  @Option(help: "HDF5 file to write.")
  var output: String

  func validate() throws {
    if chosen == nil { throw ValidationError("--dimensions takes two numbers such as 0,1, not '\(dimensions)'") }
  }

  func run() throws {
    try reportingFailures {
      let policy = try TrainedPolicy(
        run: RunDirectory(path: directory), networks: try networks.chosen(), algorithms: Program.current.algorithms)
      let environment = try Program.current.environment(of: policy.settings, instead: nil, changes: [:])
      try ActionCloudFile.write(policy, in: environment, dimensions: chosen ?? [], seed: seed, output: output)
    }
  }

  private var chosen: [Int]? {
    let numbers = dimensions.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    return numbers.count == 2 && !numbers.contains(nil) ? numbers.compactMap(\.self) : nil
  }
}
