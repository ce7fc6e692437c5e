import Foundation
import HDF5

/// Where a run keeps its files: `<out>/<environment id>/<algorithm>[+<variant>]/seed-<n>/`.
public struct RunDirectory: Sendable, Equatable {
  /// As given, relative to the working directory unless it begins with a slash.
  public let path: String

  /// A run's own folder.
  public init(path: String) { self.path = path }

  /// The folder of a run of these settings below `out`.
  /// - Parameter variant: what sets the run apart from its algorithm as it is.
  public init(out: String, settings: Settings, variant: String? = nil) {
    let label = settings.algorithm.rawValue + (variant.map { "+\($0)" } ?? "")
    path = "\(out)/\(settings.environment)/\(label)/seed-\(settings.seed)"
  }

  /// Path of the settings in force.
  public var config: String { "\(path)/config.yaml" }
  /// Path of the learning curves.
  public var curve: String { "\(path)/curve.h5" }
  /// Path of the run's whole history.
  public var replay: String { "\(path)/replay.h5" }
  /// Path of what the run goes on from.
  public var checkpoint: String { "\(path)/checkpoint.h5" }
  /// Path of the networks of the highest mean return, whatever its cost.
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
    let probe = "\(path)/.writable"
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
    try remove([checkpoint, best, config, curve, replay])
    try removeTemporaryFiles()
  }

  /// Removes what a killed process was about to put in the place of others.
  func removeTemporaryFiles() throws(RunError) {
    try remove([checkpoint, best, config, curve, replay].map { $0 + ".tmp" })
  }

  private func remove(_ files: [String]) throws(RunError) {
    for file in files where unlink(file) != 0 && errno != ENOENT {
      throw .directoryNotWritable(path: path, reason: String(cString: strerror(errno)))
    }
  }
}
