import ArgumentParser
import Filming
import Foundation
import Gym
import Records
import Training

struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "A window on a trained policy, or on an environment under random actions.",
    discussion: """
      A run that is still training is followed: each episode is played by the networks of the newest checkpoint. Without a display, \
      'hpo video' makes a film.
      """)

  @Argument(
    help: ArgumentHelp(
      "The run directory, such as runs/HalfCheetah-v2/sac-hpo/seed-0, or an environment.", valueName: "run"), completion: .directory)
  var shown: String

  @Option(help: "A camera of the model, 'free', or 'usual' where the task has a place of its own.")
  var camera: String?

  @Option(parsing: .unconditional, help: "Seed of the starts.")
  var seed = 0

  @OptionGroup var networks: NetworkChoice

  @OptionGroup var settings: EnvironmentSettings

  func run() throws {
    try reportingFailures {
      let networks = try networks.chosen()
      let shown = try Shown(self.shown, networks: networks, parameters: try settings.parameters(), seed: seed)
      let performance = Performance(
        of: shown.performer, in: shown.environment, startsFrom: TrainedPolicy.startGenerator(seed: seed))
      say("watching \(shown.environment.specification.id): \(shown.performer.name); h in the window shows the keys")
      try Program.current.drawing.watch(performance, camera, Shown.isRun(self.shown) ? follower(of: networks) : nil)
    }
  }

  /// Looks whether the networks' file has been replaced since the last time.
  private func follower(of networks: TrainedPolicy.Networks) -> () throws -> Performer? {
    let directory = RunDirectory(path: shown)
    func stamp() throws -> FileStamp { FileStamp(path: try TrainedPolicy.path(of: networks, in: directory)) }
    var last = try? stamp()
    return {
      let now = try stamp()
      guard now != last else { return nil }
      last = now
      return Performer(try Shown.policy(shown, networks))
    }
  }
}

/// Which file lies at a path: another one after it has been replaced.
private struct FileStamp: Equatable {
  var path: String
  var number: UInt64 = 0
  var seconds = 0
  var nanoseconds = 0

  init(path: String) {
    self.path = path
    var found = stat()
    guard stat(path, &found) == 0 else { return }
    number = UInt64(found.st_ino)
    seconds = found.st_mtim.tv_sec
    nanoseconds = found.st_mtim.tv_nsec
  }
}
