import ArgumentParser
import Gym

/// A `--set` that is no setting of an environment.
struct WrongAssignment: Error, CustomStringConvertible {
  var text: String
  var description: String { "'\(text)' does not set an environment's parameter; write environment.<name>=<value>" }
}

/// `--set environment.<name>=<value>`, for commands that make one environment.
struct EnvironmentSettings: ParsableArguments {
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("An environment parameter: environment.<name>=<value>.", valueName: "key=value"))
  var settings: [String] = []

  func parameters() throws -> [String: ParameterValue] {
    var values: [String: ParameterValue] = [:]
    let prefix = "environment."
    for text in settings {
      guard text.hasPrefix(prefix), let equals = text.firstIndex(of: "=") else { throw WrongAssignment(text: text) }
      let name = text[..<equals].dropFirst(prefix.count)
      values[String(name)] = .string(String(text[text.index(after: equals)...]))
    }
    return values
  }
}
