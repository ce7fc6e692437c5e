import Configuration
import Foundation
import HDF5

/// Where a run keeps its files: `<out>/<environment id>/<algorithm>[+<variant>]/seed-<n>/`.
public struct RunDirectory: Sendable, Equatable {
  /// As given, relative to the working directory unless it begins with a slash.
  public let path: String

  /// A run's own folder.
  public init(path: String) { self.path = path }

  /// The folder of a run of these settings below `out`.
  public init(out: String, settings: Settings) {
    path = "\(out)/\(settings.environment)/\(settings.label)/seed-\(settings.seed)"
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
  /// Folder of the networks that were kept on the way.
  public var snapshots: String { "\(path)/snapshots" }
  /// Path of the networks that were kept at a step.
  public func snapshot(at step: Int) -> String { "\(snapshots)/step-\(step).h5" }

  /// Steps at which networks were kept, ascending.
  public var snapshotSteps: [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: snapshots)) ?? []
    return names.compactMap { name in
      guard name.hasPrefix("step-"), name.hasSuffix(".h5"), let step = Int(name.dropFirst(5).dropLast(3)) else { return nil }
      return snapshot(at: step) == "\(snapshots)/\(name)" ? step : nil
    }.sorted()
  }

  /// Makes the directory and proves that it can be written to, before any work is done.
  package func prepare() throws(RunError) {
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

  /// Makes the folder of snapshots.
  package func prepareSnapshots() throws(RunError) {
    guard mkdir(snapshots, 0o777) == 0 || errno == EEXIST else {
      throw .directoryNotWritable(path: snapshots, reason: String(cString: strerror(errno)))
    }
  }

  /// Gives the directory another name, `seed-0.kept-1` or the next number that is free, with all that is in it.
  /// - Returns: the new path.
  package func keepAside() throws(RunError) -> String {
    var full = Substring(path)
    while full.count > 1, full.hasSuffix("/") { full.removeLast() }
    for number in 1... {
      let kept = "\(full)\(Self.keptMark)\(number)"
      // Renaming onto what is there fails, unless that is an empty folder.
      if FileManager.default.fileExists(atPath: kept) { continue }
      guard rename(String(full), kept) == 0 else {
        throw .directoryNotWritable(path: path, reason: String(cString: strerror(errno)))
      }
      return kept
    }
    return path
  }

  /// What stands between a run's name and a number where the run was kept when another took its place.
  package static let keptMark = ".kept-"

  /// Removes a run's files; nothing else in the directory is touched.
  package func removeFiles() throws(RunError) {
    // The commit point first: what remains of a removal cut short is no run.
    try remove([checkpoint, best, config, curve, replay] + snapshotSteps.map { snapshot(at: $0) })
    rmdir(snapshots)  // stays where there is something else in it
    try removeTemporaryFiles()
  }

  /// Removes what a killed process was about to put in the place of others.
  package func removeTemporaryFiles() throws(RunError) {
    try remove([checkpoint, best, config, curve, replay].map { $0 + ".tmp" })
  }

  private func remove(_ files: [String]) throws(RunError) {
    for file in files where unlink(file) != 0 && errno != ENOENT {
      throw .directoryNotWritable(path: path, reason: String(cString: strerror(errno)))
    }
  }
}
