import Configuration
import Foundation
import Gym
import Records
import Support
import Training

/// `hpo bench checkpoint`: time and bytes of a run's checkpoints as its history grows, and the memory that it takes.
public struct CheckpointBenchmark: Sendable, Codable, Equatable {
  /// Full name.
  public var environment: String
  /// As settings name it.
  public var algorithm: String
  /// Transitions taken when the checkpoint was written.
  public var transitions: Int
  /// Median over the last few checkpoints up to there, one every `checkpointInterval` steps.
  public var seconds: Double
  /// Bytes handed to the operating system in one checkpoint, the same median.
  public var bytes: Int
  /// Steps between checkpoints: the default.
  public var checkpointInterval: Int
  /// Share of a run's time that they take beside the training loop, whose speed is measured too.
  public var share: Double
  /// Resident memory of the process, bytes; in the last row after some updates.
  public var residentBytes: Int

  enum CodingKeys: String, CodingKey {
    case environment, algorithm, transitions, seconds, bytes, share
    case checkpointInterval = "checkpoint_interval"
    case residentBytes = "resident_bytes"
  }

  /// Fills a run's history with steps of the task's sizes that no simulator computes, and measures its checkpoints.
  /// - Parameters:
  ///   - transitions: how long the history grows, ascending; the run holds a million in memory, as by default.
  ///   - folder: where the run is recorded, which is removed afterwards.
  public static func measure(
    _ environment: EnvironmentRegistry.Entry, _ algorithm: Algorithm, transitions: [Int], in folder: String
  ) throws -> [CheckpointBenchmark] {
    let updates = 20
    guard let last = transitions.last else { return [] }
    var settings = Settings(environment: environment.id, algorithm: algorithm)
    settings.environmentParameters = try environment.complete([:])
    (settings.warmupSteps, settings.updateAfter) = (300, 300)
    let stepsPerSecond = try TrainingBenchmark.loopSpeed(settings, on: environment, repetitions: 5)
    (settings.steps, settings.warmupSteps, settings.updateAfter) = (last + updates + 1, last, last + 1)
    (settings.evaluationInterval, settings.replayCapacity) = (2 * last, max(1_000_000, last + updates))
    let folder = "\(folder)/hpo-bench-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let run = try TrainingRun(settings, directory: RunDirectory(out: folder, settings: settings)) {
      MotionlessTask(try environment.environment())
    }
    var checkpoints: [(seconds: Double, bytes: Int)] = []
    var rows: [CheckpointBenchmark] = []
    var (time, written) = (ContinuousClock.now, bytesWritten())
    run.onStep = { run in
      let isCheckpoint = run.stepsTaken % settings.checkpointInterval == 0
      let isLast = run.stepsTaken == last + updates
      // Looking at what was written takes time itself: only around the steps that matter.
      guard isCheckpoint || isLast || (run.stepsTaken + 1) % settings.checkpointInterval == 0 else { return }
      let (now, total) = (ContinuousClock.now, bytesWritten())
      if isCheckpoint {
        checkpoints.append(((now - time) / .seconds(1), total - written))
        if transitions.contains(run.stepsTaken) {
          let recent = checkpoints.suffix(5)
          let seconds = median(recent.map(\.seconds))
          rows.append(
            CheckpointBenchmark(
              environment: settings.environment, algorithm: algorithm.name, transitions: run.stepsTaken, seconds: seconds,
              bytes: Int(median(recent.map { Double($0.bytes) })), checkpointInterval: settings.checkpointInterval,
              share: seconds / (seconds + Double(settings.checkpointInterval) / stepsPerSecond), residentBytes: residentBytes()))
        }
      }
      if isLast, !rows.isEmpty { rows[rows.count - 1].residentBytes = residentBytes() }
      (time, written) = (ContinuousClock.now, bytesWritten())
    }
    run.stopRequest = { [unowned run] in run.stepsTaken == last + updates ? .terminate : nil }
    do {
      try run.run()
    } catch RunError.interrupted {
      // Meant: the evaluation at a run's end is not the checkpoint's.
    }
    return rows
  }

  /// What this process has handed to `write` and its kind, bytes; 0 where the system does not say.
  private static func bytesWritten() -> Int { number("wchar:", in: "/proc/self/io") }

  private static func residentBytes() -> Int { 1024 * number("VmRSS:", in: "/proc/self/status") }

  private static func number(_ label: String, in file: String) -> Int {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return 0 }
    for line in text.split(separator: "\n") where line.hasPrefix(label) {
      return line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0
    }
    return 0
  }
}

/// A task that is there, with its sizes and its memory, but does not move: its observations are random numbers.
private final class MotionlessTask: Environment {
  private let task: any Environment
  let specification: EnvironmentSpecification
  private(set) var observation: [Double]
  private var steps = 0

  init(_ task: any Environment) {
    self.task = task
    specification = task.specification
    observation = [Double](repeating: 0, count: task.specification.observationSize)
  }

  func reset<Generator: RandomNumberGenerator>(using generator: inout Generator) {
    for index in observation.indices { observation[index] = Double.random(in: -1...1, using: &generator) }
  }

  /// Every 25th step ends an episode, as a Humanoid falls that acts at random: the last observations of episodes are stored apart.
  func step(_ action: [Float]) -> Step {
    steps += 1
    for index in observation.indices { observation[index] = -observation[index] }
    return Step(reward: Double(action[0]), ending: steps % 25 == 0 ? .terminated : nil)
  }
}
