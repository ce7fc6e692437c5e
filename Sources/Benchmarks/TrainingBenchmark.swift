import Agents
import Configuration
import Experience
import Foundation
import Gym
import LinearAlgebra
import Random
import Records
import Support
import Training

/// Speed of updates and of the whole training loop, beside the floor that BLAS and the simulator set.
public struct TrainingBenchmark: Sendable, Codable, Equatable {
  /// Full name.
  public var environment: String
  /// As settings name it.
  public var algorithm: String
  /// Of an update.
  public var threads: Int
  /// OpenBLAS's rate of 128×256×256 products on all threads at once, GFLOP/s, the median of measurements between stretches of the loop.
  public var productRate: Double
  /// Rate of independent multiply-adds in registers on all threads at once, GFLOP/s, measured like `productRate`; 0 without a kernel.
  public var peakRate: Double
  /// Share of that peak at which a median update's products run, and all of them in the whole loop.
  public var updateShareOfPeak: Double
  public var loopShareOfPeak: Double
  /// Median milliseconds of one update, of its parts, and of acting and sampling.
  public var updateMilliseconds: Double
  /// Medians by name: an update's parts, and acting and sampling.
  public var partMilliseconds: [String: Double]
  /// The update's products at `productRate`.
  public var updateFloorMilliseconds: Double
  /// Mean milliseconds of one environment step of uniform actions, resets included.
  public var environmentMilliseconds: Double
  /// Of the whole loop: act, step, store, sample, update, log.
  public var stepsPerSecond: Double
  /// What products and simulator alone would allow.
  public var floorStepsPerSecond: Double
  /// Share of the floor that the loop reaches: the median over stretches, each against the rate measured around it, because a shared
  /// machine's speed drifts within a run.
  public var share: Double

  enum CodingKeys: String, CodingKey {
    case environment, algorithm, threads
    case productRate = "product_gflops"
    case peakRate = "peak_gflops"
    case updateShareOfPeak = "update_share_of_peak"
    case loopShareOfPeak = "loop_share_of_peak"
    case updateMilliseconds = "update_ms"
    case partMilliseconds = "part_ms"
    case updateFloorMilliseconds = "update_floor_ms"
    case environmentMilliseconds = "environment_ms"
    case stepsPerSecond = "steps_per_second"
    case floorStepsPerSecond = "floor_steps_per_second"
    case share = "share_of_floor"
  }

  /// Threads that an update can use: one per lane.
  public static var mostThreads: Int { AgentSettings(observationSize: 1, actionSize: 1).lanes }

  /// Measures one algorithm on one task with its default settings.
  /// - Parameters:
  ///   - threads: of an update, 1 to ``mostThreads``.
  ///   - repetitions: of each measurement; medians are taken.
  public static func measure(
    _ environment: EnvironmentRegistry.Entry, _ algorithm: Algorithm, threads: Int, repetitions: Int
  ) throws -> TrainingBenchmark {
    var settings = Settings(environment: environment.id, algorithm: algorithm)
    (settings.threads, settings.warmupSteps, settings.updateAfter) = (.count(threads), 300, 300)
    settings.environmentParameters = try environment.complete([:])
    let pool = WorkerPool(threads: threads)
    let task = TimeLimit(try environment.environment())
    let facts = task.specification
    let agentSettings = try settings.agentSettings(for: facts)
    let operations = agentSettings.kind.type.operationsPerUpdate(agentSettings)
    let (update, parts) = try updateTimes(agentSettings, pool, repetitions: repetitions)
    let simulation = try stepTime(task, repetitions: repetitions)
    var peaks: [Double] = []
    let stretches = try loopStretches(settings, on: environment, repetitions: repetitions) {
      peaks.append(Kernel.current.multiplyAddRate(on: pool) ?? 0)
      return productRate(pool)
    }
    let rate = median(stretches.map(\.productRate))
    let peak = median(peaks)
    let stepsPerSecond = median(stretches.map(\.stepsPerSecond))
    func shareOfPeak(_ updatesPerSecond: Double) -> Double { peak > 0 ? updatesPerSecond * operations / peak : 0 }
    return TrainingBenchmark(
      environment: settings.environment, algorithm: algorithm.name, threads: threads, productRate: rate * 1e-9,
      peakRate: peak * 1e-9, updateShareOfPeak: shareOfPeak(1 / update), loopShareOfPeak: shareOfPeak(stepsPerSecond),
      updateMilliseconds: 1e3 * update, partMilliseconds: parts.mapValues { 1e3 * $0 },
      updateFloorMilliseconds: 1e3 * operations / rate, environmentMilliseconds: 1e3 * simulation,
      stepsPerSecond: stepsPerSecond, floorStepsPerSecond: 1 / (operations / rate + simulation),
      share: median(stretches.map { $0.stepsPerSecond * (operations / $0.productRate + simulation) }))
  }

  /// OpenBLAS's operations per second in the products that dominate an update, one lane's rows on each thread.
  static func productRate(_ pool: WorkerPool) -> Double {
    BLAS.useCallingThreadOnly()
    let operands = (0..<pool.threads).map { _ in
      (a: Matrix<Float>(rows: 128, columns: 256), b: Matrix<Float>(rows: 256, columns: 256), c: Matrix<Float>(rows: 128, columns: 256))
    }
    for (a, b, _) in operands {
      a.fill(0.5)
      b.fill(0.25)
    }
    let products = 100
    let times = (0..<3).map { _ in
      seconds {
        pool.run(lanes: pool.threads) { lane in
          let (a, b, c) = operands[lane]
          for _ in 0..<products {
            Float.gemm(
              transposeA: false, transposeB: true, m: 128, n: 256, k: 256, a.pointer, a.stride, b.pointer, b.stride, beta: 0,
              c.pointer, c.stride)
          }
        }
      }
    }
    return 2 * 128 * 256 * 256 * Double(products * pool.threads) / median(times)
  }

  /// Times of an update, of its parts and of the loop's own work around it: what training does on each step but for the task itself.
  private static func updateTimes(
    _ settings: AgentSettings, _ pool: WorkerPool, repetitions: Int
  ) throws -> (update: Double, parts: [String: Double]) {
    let agent = makeAgent(settings, seed: 0, pool: pool)
    let stopwatch = PhaseStopwatch()
    agent.observer = stopwatch
    let actor = agent.makeActor()
    var generator = SeededGenerator(seed: 0)
    let replay = randomReplay(settings, using: &generator)
    let observation = (0..<settings.observationSize).map { _ in generator.standardNormal() }
    var action = [Float](repeating: 0, count: settings.actionSize)
    var parts: [String: [Double]] = [:]
    var updates: [Double] = []
    for round in 0..<20 * (repetitions + 1) {
      let acting = try seconds { try actor.explore(observation, into: &action, using: &generator) }
      let sampling = seconds { replay.sample(into: agent.minibatch, using: &generator) }
      let update = try seconds { try agent.update() }
      if round < 20 { continue }
      updates.append(update)
      for (part, time) in stopwatch.times { parts[part, default: []].append(time) }
      parts["acting", default: []].append(acting)
      parts["sampling", default: []].append(sampling)
    }
    return (median(updates), parts.mapValues(median))
  }

  /// As many steps as do not fit the processor's caches.
  private static func randomReplay(_ settings: AgentSettings, using generator: inout SeededGenerator) -> ReplayBuffer {
    let steps = 100_000_000 / ReplayBuffer.bytesPerStep(settings.observationSize, settings.actionSize)
    let replay = ReplayBuffer(
      capacity: steps, observationSize: settings.observationSize, actionSize: settings.actionSize,
      storesCosts: settings.costConstraint != nil)
    var state = (0..<settings.observationSize).map { _ in generator.standardNormal() }
    let action = (0..<settings.actionSize).map { _ in Float(generator.uniform(-1, 1)) }
    for step in 0..<steps {
      var next = state
      next[step % next.count] = generator.standardNormal()
      replay.append(
        observation: state, action: action, reward: 1, nextObservation: next, terminal: false, timeout: step % 1000 == 999)
      state = next
    }
    return replay
  }

  /// Mean seconds of a step of uniform actions, resets included.
  private static func stepTime(_ task: TimeLimit, repetitions: Int) throws -> Double {
    var generator = SeededGenerator(seed: 0)
    var action = [Float](repeating: 0, count: task.specification.actionSize)
    try task.reset(using: &generator)
    let times = try (0..<100 * repetitions).map { _ in
      for index in action.indices { action[index] = Float(generator.uniform(-1, 1)) }
      return try seconds {
        if try task.step(action).ending != nil { try task.reset(using: &generator) }
      }
    }
    return times.reduce(0, +) / Double(times.count)
  }

  /// Steps per second once updates have begun, the median over stretches of 100 steps.
  static func loopSpeed(_ settings: Settings, on environment: EnvironmentRegistry.Entry, repetitions: Int) throws -> Double {
    median(try loopStretches(settings, on: environment, repetitions: repetitions) { .nan }.map(\.stepsPerSecond))
  }

  /// Stretches of 100 steps once updates have begun, each with the mean of the rates that `measureRate` gave before and after it.
  private static func loopStretches(
    _ settings: Settings, on environment: EnvironmentRegistry.Entry, repetitions: Int, measureRate: @escaping () -> Double
  ) throws -> [(stepsPerSecond: Double, productRate: Double)] {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("hpo-bench-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    var settings = settings
    settings.steps = 300 + 100 * (repetitions + 2)
    settings.evaluationInterval = settings.steps
    settings.evaluationEpisodes = 1
    settings.checkpointInterval = settings.steps
    let run = try TrainingRun(settings, directory: RunDirectory(out: folder.path, settings: settings)) {
      try environment.environment()
    }
    var marks: [(end: ContinuousClock.Instant, rate: Double, start: ContinuousClock.Instant)] = []
    // The first hundred after updates begin warms up.
    run.onStep = { run in
      guard run.stepsTaken >= 400 && run.stepsTaken % 100 == 0 else { return }
      let end = ContinuousClock.now
      marks.append((end, measureRate(), .now))
    }
    run.stopRequest = { [unowned run] in run.stepsTaken == run.settings.steps - 1 ? .terminate : nil }
    do {
      try run.run()
    } catch RunError.interrupted {
      // Meant: what happens at a run's end is not the loop.
    }
    return zip(marks, marks.dropFirst()).map { before, after in
      (100 / ((after.end - before.start) / .seconds(1)), (before.rate + after.rate) / 2)
    }
  }
}

/// Seconds that each phase of an update took the last time.
private final class PhaseStopwatch: UpdateObserver {
  private(set) var times: [String: Double] = [:]
  private var start = ContinuousClock.now

  func phaseBegan(_ name: String) { start = .now }
  func phaseEnded(_ name: String) { times[name] = (ContinuousClock.now - start) / .seconds(1) }
}
