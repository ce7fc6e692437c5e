import Environments
import Gym
import Random

/// `hpo bench environments`: steps per second of each task, MuJoCo's beside MuJoCo alone on the same trajectory.
public enum EnvironmentBenchmark {
  /// The tasks that can be measured here: Bullet's only where it has been built.
  public static var ids: [String] {
    EnvironmentCatalog.ids.filter { !$0.contains("PyBullet") || RoboschoolHumanoid.isAvailable }
  }

  /// What one task's measurement gave.
  public struct Row: Sendable, Equatable, Codable {
    /// Full name.
    public var environment: String
    /// Environment steps per second, medians over the repetitions.
    public var stepsPerSecond: Double
    /// `nil` for Bullet tasks, of which there is no bare simulation.
    public var bareStepsPerSecond: Double?
    /// Task speed / bare speed, the median over the repetitions' pairs.
    public var fraction: Double?
  }

  /// - Parameters:
  ///   - steps: environment steps per repetition: in MuJoCo of one trajectory of random actions that falls do not end, in
  ///     Bullet of whole episodes of random actions, their resets included.
  ///   - repetitions: pairs of measurements; task and bare simulation take turns in going first.
  public static func measure(_ name: String, steps: Int = 500, repetitions: Int = 9) throws -> Row {
    let environment = try EnvironmentCatalog.make(name)
    guard let task = environment as? SimulatedTask else {
      return try measureEpisodes(of: environment, steps: steps, repetitions: repetitions)
    }
    return try measure(task, steps: steps, repetitions: repetitions)
  }

  private static func measureEpisodes(
    of task: any DescribedEnvironment, steps: Int, repetitions: Int
  ) throws -> Row {
    var generator = SeededGenerator(seed: 0)
    let actions = (0..<steps).map { _ in
      (0..<task.specification.actionSize).map { _ in Float(generator.uniform(-1, 1)) }
    }
    func time() throws -> Double {
      var starts = SeededGenerator(seed: 1)
      return try seconds {
        try task.reset(using: &starts)
        for action in actions where try task.step(action).ending != nil { try task.reset(using: &starts) }
      }
    }
    _ = try time()  // warm up
    let times = try (0..<repetitions).map { _ in try time() }
    return Row(environment: task.specification.id, stepsPerSecond: Double(steps) / median(times))
  }

  private static func measure(_ task: SimulatedTask, steps: Int, repetitions: Int) throws -> Row {
    let bare = try BareSimulation(of: task)
    var generator = SeededGenerator(seed: 0)
    try task.reset(using: &generator)
    let (qpos, qvel) = (task.qpos, task.qvel)
    let actions = (0..<steps).map { _ in
      (0..<task.specification.actionSize).map { _ in Float(generator.uniform(-1, 1)) }
    }
    let ranges = task.summary.action
    let controls = actions.map { action in zip(action, ranges).map { Double($0 * Float($1.high)) } }

    func timeTask() throws -> Double {
      try task.setState(qpos: qpos, qvel: qvel)
      return try seconds { for action in actions { _ = try task.step(action) } }
    }
    func timeBare() throws -> Double {
      try bare.setState(qpos: qpos, qvel: qvel)
      return try seconds { for control in controls { try bare.step(controls: control) } }
    }
    _ = try (timeTask(), timeBare())  // warm up
    var pairs: [(task: Double, bare: Double)] = []
    for repetition in 0..<repetitions {
      if repetition.isMultiple(of: 2) {
        let first = try timeTask()
        pairs.append((first, try timeBare()))
      } else {
        let first = try timeBare()
        pairs.append((try timeTask(), first))
      }
    }
    return Row(
      environment: task.specification.id,
      stepsPerSecond: Double(steps) / median(pairs.map(\.task)),
      bareStepsPerSecond: Double(steps) / median(pairs.map(\.bare)),
      fraction: median(pairs.map { $0.bare / $0.task }))
  }
}
