import ArgumentParser
import Foundation
import Training

@main
struct HPO: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hpo", abstract: "Hamiltonian Policy Optimization.",
    version: Versions.all.map { "\($0.name): \($0.version)" }.joined(separator: "\n"),
    subcommands: [
      TrainCommand.self, SweepCommand.self, RunsCommand.self, EvaluateCommand.self, EnvironmentCommand.self,
      RolloutCommand.self, ProbeCommand.self, BenchCommand.self, SettingsCommand.self,
    ])

  static func main() {
    signal(SIGPIPE, SIG_IGN)  // a reader that goes away is no reason to stop training
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      // ArgumentParser's own code for a wrong command is 64, with usage in several lines; ours is 2, with one.
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      report(message(for: error))
      exit(withError: ExitCode(2))
    }
  }
}
