import ArgumentParser
import Filming
import Foundation
import Gym
import Records
import Training

/// Pixels as `480x480`.
struct FrameSize: ExpressibleByArgument {
  var width: Int
  var height: Int

  init(_ width: Int, _ height: Int) {
    self.width = width
    self.height = height
  }

  init?(argument: String) {
    let numbers = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 2, let width = numbers[0], let height = numbers[1] else { return nil }
    self.init(width, height)
  }

  var defaultValueDescription: String { "\(width)x\(height)" }
}

struct VideoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "video", abstract: "A film of a trained policy, or of an environment under random actions; needs no display.")

  @Argument(
    help: ArgumentHelp(
      "The run directory, such as runs/HalfCheetah-v2/sac-hpo/seed-0, or an environment.", valueName: "run"), completion: .directory)
  var shown: String

  @Option(help: "The film: film.mp4 (made by ffmpeg), or film.png, an animated PNG.")
  var output: String

  @Option(parsing: .unconditional, help: "Episodes to play.")
  var episodes = 1

  @Option(parsing: .unconditional, help: "Steps of each episode at most, for short films. (default: to its end)")
  var steps: Int?

  @Option(help: ArgumentHelp("Pixels, both numbers even.", valueName: "width>x<height"))
  var size = FrameSize(480, 480)

  @Option(help: "A camera of the model, 'free', or 'usual' where the task has a place of its own.")
  var camera: String?

  @Option(parsing: .unconditional, help: "Seed of the starts; 'hpo evaluate' with the same plays the same episodes.")
  var seed = 0

  @Option(parsing: .unconditional, help: "Picture only each so many-th step: shorter files, the same speed.")
  var every = 1

  @OptionGroup var networks: NetworkChoice

  @Flag(help: "One film over training: an episode of each of the networks kept on the way.")
  var snapshots = false

  @OptionGroup var settings: EnvironmentSettings

  func validate() throws {
    if episodes < 1 { throw ValidationError("--episodes must be at least 1, not \(episodes)") }
    if let steps, steps < 1 { throw ValidationError("--steps must be at least 1, not \(steps)") }
    if every < 1 { throw ValidationError("--every must be at least 1, not \(every)") }
    if snapshots && (networks.best || networks.snapshot != nil) {
      throw ValidationError("--snapshots means all of them; --best and --snapshot name one")
    }
  }

  func run() throws {
    try reportingFailures {
      StopRequest.listen()
      let film = try Film(path: output, width: size.width, height: size.height)
      let networks = snapshots ? try kept() : [try self.networks.chosen()]
      let first = try Shown(shown, networks: networks[0], parameters: try settings.parameters(), seed: seed)
      let renderer = try Program.current.drawing.makeRenderer(first.environment, size.width, size.height, camera)
      let performance = Performance(
        of: first.performer, in: first.environment, startsFrom: TrainedPolicy.startGenerator(seed: seed))
      var pictures = 0
      try film.write(framePeriod: renderer.controlPeriod * Double(every)) { append in
        for (index, chosen) in networks.enumerated() {
          if index > 0 { performance.successor = Performer(try Shown.policy(shown, chosen)) }
          let name = (performance.successor ?? performance.performer).name
          pictures += try performance.record(
            episodes, steps: steps, with: renderer, every: every, width: size.width, height: size.height, caption: snapshots ? name : nil,
            interrupted: Interrupted.check, append: append)
          say("\(name): return \(String(format: "%.2f", performance.totalReward)), \(performance.step) steps")
        }
      }
      say("\(pictures) pictures of \(size.width)x\(size.height) in '\(output)'")
    }
  }

  /// The run's snapshots, in the order of training.
  private func kept() throws -> [TrainedPolicy.Networks] {
    let steps = RunDirectory(path: shown).snapshotSteps.sorted()
    guard !steps.isEmpty else { throw NoSnapshots(run: shown) }
    return steps.map { .snapshot($0) }
  }
}

/// A run that kept no networks on the way.
struct NoSnapshots: Error, CustomStringConvertible {
  var run: String
  var description: String {
    "the run in '\(run)' kept no snapshots; the setting snapshot_interval, say 10000, makes a run keep them"
  }
}
