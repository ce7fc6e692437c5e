import ArgumentParser
import Configuration
import Gym
import SettingDeclarations

struct SettingsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "settings", abstract: "List the settings: what each is, its values, its default for an algorithm on a task.")

  @Argument(help: "The environment, such as Ant. (default: the first of 'hpo env list')")
  var environment: String?

  @Option(parsing: .unconditional, help: "The algorithm: \(Program.current.algorithms.names). (default: sac-hpo)")
  var algorithm: String?

  @Flag(help: "Print the settings' declarations as a table in Markdown.")
  var markdown = false

  func run() throws {
    try reportingFailures {
      if markdown {
        print(Program.current.algorithms.table)
        return
      }
      let entries = algorithm.map { [SettingEntry(key: "algorithm", value: $0, source: "--algorithm")] } ?? []
      let settings = try Program.current.settings(entries, environment: environment ?? Program.current.environments.ids.first)
      print("Defaults of \(settings.label) on \(settings.environment), as key: value in YAML or --set key=value:")
      for setting in settings.catalogue.settings {
        let text = setting.text(in: settings.values)
        print("    \(setting.key) = \(text)\n        \(setting.meaning); \(setting.expectation)\(setting.unit.map { ", in \($0)" } ?? "")")
        if let origin = origin(of: setting, in: settings) { print("        default: \(origin)") }
      }
      print("The environment's own parameters are environment.<name>; 'hpo env show \(settings.environment)' lists them.")
    }
  }

  private func origin(of setting: some AnySetting, in settings: Settings) -> String? {
    switch settings.values.origin(of: setting) {
    case .algorithm: "what \(settings.algorithm.name) stands for"
    case .task: "the task's"
    case .environment, .derived: setting.derivation
    case .given, .declaration: nil
    }
  }
}
