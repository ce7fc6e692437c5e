import ArgumentParser
import CStartUp
import Configuration
import Filming
import Foundation
import Gym
import LinearAlgebra
import Records
import Support
import Synchronization

/// The whole program, for whatever environments and algorithms are handed in.
///
/// A package of one's own has every command for its own environments with one line in `main.swift`:
///
///     Program(environments: EnvironmentRegistry([.init("Spring-v0") { _ in Spring() }])).main()
public struct Program: Sendable {
  /// What can be trained on.
  public var environments: EnvironmentRegistry
  /// What can learn.
  public var algorithms: AlgorithmCatalogue
  /// What shows environments: of itself the program films those that draw themselves.
  public var drawing: Drawing
  /// Commands of one's own, beside the usual ones.
  public var commands: [any ParsableCommand.Type]

  public init(
    environments: EnvironmentRegistry, algorithms: AlgorithmCatalogue = .standard, drawing: Drawing = .selfPortraits,
    commands: [any ParsableCommand.Type] = []
  ) {
    self.environments = environments
    self.algorithms = algorithms
    self.drawing = drawing
    self.commands = commands
  }

  // Commands are made by ArgumentParser, which hands nothing in.
  private static let running = Mutex<Program?>(nil)

  /// The program whose command this is, for commands of one's own.
  public static var current: Program {
    guard let program = running.withLock({ $0 }) else { trap("a command runs within Program.main()") }
    return program
  }

  /// Runs the command that the process was started with, and ends the process.
  public func main() -> Never {
    Self.running.withLock { $0 = self }
    // A reader that goes away is no reason to stop training, and a file at its limit (ulimit -f) is a full disk: writing says so.
    for number in [SIGPIPE, SIGXFSZ] { signal(number, SIG_IGN) }
    do {
      try Kernel.checkVariable()
    } catch {
      report("\(error)")
      // Not through ArgumentParser, which would ask for the versions, and so for the kernel.
      exit(2)
    }
    do {
      let arguments = try Self.arguments()
      if let message = UnknownCommand.message(for: arguments, of: HPO.self) { throw ValidationError(message) }
      var command = try HPO.parseAsRoot(arguments)
      try command.run()
    } catch {
      // ArgumentParser's own code for a wrong command is 64, with usage in several lines; ours is 2, with one.
      guard HPO.exitCode(for: error) == .validationFailure else { HPO.exit(withError: error) }
      report(HPO.message(for: error))
      HPO.exit(withError: ExitCode(2))
    }
    HPO.exit()
  }

  /// Those that the process was started with, but for its name.
  /// - Throws: `ValidationError` for one that is no text: the file it names would be another's.
  private static func arguments() throws -> [String] {
    try (1..<max(1, start_up_argument_count())).map { index in
      guard let bytes = start_up_argument(index), let text = String(validatingCString: bytes) else {
        let readable = start_up_argument(index).map { String(cString: $0) } ?? ""
        throw ValidationError("argument \(index), '\(readable)', is not UTF-8; give files and folders names that are")
      }
      return text
    }
  }

  /// The environments and the algorithms that settings may name.
  func settings(_ entries: [SettingEntry], environment: String? = nil) throws -> Settings {
    try Settings(layers: entries, environment: environment, in: environments, algorithms: algorithms)
  }

  var versions: [LibraryVersion] { Versions.all(environments.libraries) }
}

struct HPO: ParsableCommand {
  static var configuration: CommandConfiguration {
    let program = Program.current
    return CommandConfiguration(
      commandName: "hpo", abstract: "Hamiltonian Policy Optimization.",
      version: program.versions.map { "\($0.name): \($0.version)" }.joined(separator: "\n"),
      subcommands: [
        TrainCommand.self, SweepCommand.self, RunsCommand.self, EvaluateCommand.self, EnvironmentCommand.self, RolloutCommand.self, ProbeCommand.self,
        BenchCommand.self, SettingsCommand.self, VideoCommand.self, WatchCommand.self, ActionsCommand.self,
      ] + program.commands)
  }
}
