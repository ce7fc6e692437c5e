import ArgumentParser
import Configuration
import Filming
import Foundation
import Gym
import Records
import Training

/// What `hpo video` and `hpo watch` show: a run's policy in its environment, or an environment under random actions.
struct Shown {
  let environment: any Environment
  let performer: Performer

  /// - Parameters:
  ///   - argument: a run's folder; where there is none of that name, an environment.
  ///   - networks: of the run.
  ///   - parameters: of the environment; a run's own hold for the rest.
  init(_ argument: String, networks: TrainedPolicy.Networks, parameters: [String: ParameterValue], seed: Int) throws {
    let program = Program.current
    if Self.isRun(argument) {
      let policy = try Self.policy(argument, networks)
      environment = try program.environment(of: policy.settings, instead: nil, changes: parameters)
      try policy.requireFit(environment)
      performer = Performer(policy)
    } else {
      environment = try program.environments.entry(argument).environment(parameters)
      performer = .random(in: environment, seed: UInt64(bitPattern: Int64(seed)))
    }
  }

  static func policy(_ run: String, _ networks: TrainedPolicy.Networks) throws -> TrainedPolicy {
    try TrainedPolicy(run: RunDirectory(path: run), networks: networks, algorithms: Program.current.algorithms)
  }

  static func isRun(_ argument: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: argument, isDirectory: &isFolder) && isFolder.boolValue
  }
}

extension Performer {
  /// A run's policy, as it is judged.
  init(_ policy: TrainedPolicy) {
    self.init(
      name: "\(policy.settings.algorithm.name), step \(policy.step)", beginEpisode: { policy.beginEpisode(at: $0) },
      action: { try policy.action(at: $0) })
  }
}

/// A signal ended what leaves nothing to go on from.
struct Interrupted: Error, CustomStringConvertible {
  var signal: StopSignal
  var description: String { "stopped by \(signal.name); nothing was written" }

  static func check() throws {
    if let signal = StopRequest.received { throw Interrupted(signal: signal) }
  }
}
