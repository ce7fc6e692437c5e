import ArgumentParser
import Configuration
import Experiments
import Filming
import Foundation
import Gym
import Interchange
import Records
import Support
import Training

/// Runs a command's work; an error becomes one line on stderr and an exit code: 2 for a wrong command or
/// configuration, 1 for work that failed, 128 + n for a run that signal n stopped.
func reportingFailures(_ work: () throws -> Void) throws {
  do {
    try work()
    // Results are printed, and a result that is lost is a failure; what is only said (see `say`) is not.
    if fflush(nil) != 0 {
      report("what was to be printed could not be written: \(String(cString: strerror(errno)))")
      throw ExitCode(1)
    }
  } catch let error as ExitCode {
    throw error
  } catch {
    report("\(error)")
    throw exitCode(of: error)
  }
}

/// One line on stdout, at once: a pipe shows it when it is said.
func say(_ line: String) { put("\(line)\n", on: STDOUT_FILENO) }

/// A result as JSON, for other programs: keys in alphabetical order.
func sayJSON(_ result: some Encodable) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
  print(String(decoding: try encoder.encode(result), as: UTF8.self))
}

/// Writes text, and goes on without where that fails: a full disk or a closed pipe must not end a training run.
func put(_ text: String, on descriptor: Int32) {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    if written < 0 && errno == EINTR { continue }
    if written <= 0 { return }
    rest = rest.dropFirst(written)
  }
}

/// One line on stderr. What it quotes of a file or an argument cannot break it, steer the terminal or fill the screen.
func report(_ message: String) {
  var line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
  if line.count > longestMessage { line = line.prefix(longestMessage / 2) + " … " + line.suffix(longestMessage / 2) }
  var printable = String.UnicodeScalarView()
  for scalar in line.unicodeScalars {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: printable.append("\u{FFFD}")
    default: printable.append(scalar)
    }
  }
  put("hpo: \(String(printable))\n", on: STDERR_FILENO)
}

/// Characters; the usual ones have a hundred, lists of known names several hundred.
private let longestMessage = 2000

private func exitCode(of error: any Error) -> ExitCode {
  switch error {
  case EnvironmentError.diverged: ExitCode(1)
  case is EnvironmentError, is WrongAssignment, is SettingsError, is PlanError, is OutputIsInput, is ActionCloudError: ExitCode(2)
  case let error as any ConfigurationFault: ExitCode(error.isWrongCommand ? 2 : 1)
  case RunError.wrongEnvironment, RunError.unsuitableEnvironment: ExitCode(2)
  case RunError.settingsChanged, RunError.alreadyPast, RunError.alreadyRunning, RunError.checkpointLost, RunError.foreignFile,
    RunError.modelChanged, RunError.costRuleChanged, RunError.datasetChanged, RunError.ownSource:
    ExitCode(2)
  case is OfflineDatasetError, is NetworksDoNotFit: ExitCode(2)
  case RenderingError.unknownCamera, RenderingError.oddSize, RenderingError.unknownFormat, RenderingError.notDrawable,
    RunError.noSnapshot, is NoSnapshots:
    ExitCode(2)
  case let error as Interrupted: ExitCode(128 + error.signal.number)
  case RunError.interrupted(let signal, _, _): ExitCode(128 + signal.number)
  default: ExitCode(1)
  }
}
