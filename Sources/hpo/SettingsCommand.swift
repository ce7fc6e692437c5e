import ArgumentParser
import Training

struct SettingsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "settings", abstract: "List the settings: what each is, its values, its default for an algorithm on a task.")

  @Argument(help: "The environment, such as Ant.")
  var environment = "HalfCheetah"

  @Option(parsing: .unconditional, help: "The algorithm: \(Algorithm.names). (default: sac-hpo)")
  var algorithm: String?

  func run() throws {
    try reportingFailures {
      let entries = algorithm.map { [SettingEntry(key: "algorithm", value: $0, source: "--algorithm")] } ?? []
      let settings = try Settings(layers: entries, environment: environment)
      print("Defaults of \(settings.algorithm.rawValue) on \(settings.environment), as key: value in YAML or --set key=value:")
      for key in SettingKey.all { print("    \(key.name) = \(key.text(settings))\n        \(key.meaning); \(key.expectation)") }
      print("The environment's own parameters are environment.<name>; 'hpo env show \(settings.environment)' lists them.")
    }
  }
}
