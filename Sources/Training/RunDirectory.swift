import Foundation
import HDF5

/// Where a run keeps its files: `<out>/<environment id>/<algorithm>/seed-<n>/`.
public struct RunDirectory: Sendable, Equatable {
  public let path: String

  public init(path: String) { self.path = path }

  public init(out: String, settings: Settings) {
    path = "\(out)/\(settings.environment)/\(settings.algorithm.rawValue)/seed-\(settings.seed)"
  }

  public var config: String { "\(path)/config.yaml" }
  public var curve: String { "\(path)/curve.h5" }
  public var replay: String { "\(path)/replay.h5" }
  public var checkpoint: String { "\(path)/checkpoint.h5" }
  public var best: String { "\(path)/best.h5" }

  /// Makes the directory and proves that it can be written to, before any work is done.
  func prepare() throws(RunError) {
    // mkdir itself rather than Foundation, whose errors do not say why.
    var made = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      made += "/\(part)"
      guard mkdir(made, 0o777) == 0 || errno == EEXIST else {
        throw .directoryNotWritable(path: path, reason: String(cString: strerror(errno)))
      }
    }
    let probe = "\(path)/.writable-\(ProcessInfo.processInfo.processIdentifier)"
    let descriptor = open(probe, O_CREAT | O_WRONLY, 0o600)
    guard descriptor >= 0 else {
      throw .directoryNotWritable(path: path, reason: String(cString: strerror(errno)))
    }
    Foundation.close(descriptor)
    unlink(probe)
  }

  /// Removes a run's files; nothing else in the directory is touched.
  func removeFiles() throws(RunError) {
    // The commit point first: what remains of a removal cut short is no run.
    for file in [checkpoint, best, config, curve, replay] where unlink(file) != 0 && errno != ENOENT {
      throw .directoryNotWritable(path: path, reason: String(cString: strerror(errno)))
    }
  }
}

/// What can go wrong with a run as a whole, in one line each.
public enum RunError: Error, Equatable, CustomStringConvertible {
  case directoryNotWritable(path: String, reason: String)
  case settingsChanged(path: String, differences: [String])
  case noCheckpoint(path: String, file: String)
  case alreadyRunning(path: String, holder: String)
  case alreadyPast(path: String, done: Int, asked: Int)
  /// A signal asked the run to stop; it is saved.
  case interrupted(signal: StopSignal, step: Int, path: String)

  public var description: String {
    switch self {
    case .directoryNotWritable(let path, let reason):
      "can not write to the run directory '\(path)': \(reason); choose another with --out"
    case .settingsChanged(let path, let differences):
      "'\(path)' holds a run with other settings (\(differences.joined(separator: "; "))); start over with --fresh, choose "
        + "another --out, or take the settings back"
    case .alreadyRunning(let path, let holder):
      "\(holder) is at work in '\(path)'; wait for it, or choose another --out"
    case .noCheckpoint(let path, let file):
      "there is no '\(file)' in '\(path)'; name the directory of a run that has got that far"
    case .alreadyPast(let path, let done, let asked):
      "the run in '\(path)' has taken \(done) steps, more than the \(asked) asked for; start over with --fresh"
    case .interrupted(let signal, let step, let path):
      "stopped by \(signal.name) at step \(step); the same command goes on from '\(path)'"
    }
  }
}

/// A signal that asks a run to stop.
public struct StopSignal: Sendable, Equatable {
  public let name: String
  public let number: Int32

  public static let interrupt = StopSignal(name: "SIGINT", number: SIGINT)
  public static let terminate = StopSignal(name: "SIGTERM", number: SIGTERM)
}
