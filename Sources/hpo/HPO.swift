import ArgumentParser

@main
struct HPO: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hpo", abstract: "Hamiltonian Policy Optimization.",
    subcommands: [RolloutCommand.self, EnvironmentCommand.self, BenchCommand.self])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      // ArgumentParser's own code for a wrong command is 64; ours is 2.
      let code = exitCode(for: error)
      guard code == .validationFailure else { exit(withError: error) }
      print(fullMessage(for: error), to: &standardError)
      exit(withError: ExitCode(2))
    }
  }
}
