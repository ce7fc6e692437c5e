import Agents
import ArgumentParser
import Environments
import Foundation
import MuJoCo
import Training

/// Runs a command's work; an error becomes one line on stderr and an exit code: 2 for a wrong command or
/// configuration, 1 for work that failed, 128 + n for a run that signal n stopped.
func reportingFailures(_ work: () throws -> Void) throws {
  do {
    try work()
  } catch let error as ExitCode {
    throw error
  } catch {
    report("\(error)")
    throw exitCode(of: error)
  }
}

/// One line on stdout, at once: a pipe shows it when it is said.
func say(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }

/// One line on stderr.
func report(_ message: String) {
  let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
  FileHandle.standardError.write(Data("hpo: \(line)\n".utf8))
}

private func exitCode(of error: any Error) -> ExitCode {
  switch error {
  case EnvironmentError.diverged: ExitCode(1)
  case is EnvironmentError, is SettingError, is SettingsError: ExitCode(2)
  case MuJoCoError.modelNotReadable, MuJoCoError.modelNotLoaded: ExitCode(2)
  case RunError.settingsChanged, RunError.alreadyPast, RunError.alreadyRunning: ExitCode(2)
  case RunError.interrupted(let signal, _, _): ExitCode(128 + signal.number)
  default: ExitCode(1)
  }
}

/// A `--set` that is no setting of an environment.
struct SettingError: Error, CustomStringConvertible {
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
      guard text.hasPrefix(prefix), let equals = text.firstIndex(of: "=") else { throw SettingError(text: text) }
      let name = text[..<equals].dropFirst(prefix.count)
      values[String(name)] = .string(String(text[text.index(after: equals)...]))
    }
    return values
  }
}
