/// What depends on the task: the paper's Table I, and the random steps at the start that the official SAC takes.
struct TaskDefaults {
  var alpha: Double
  var momentumStdTraining: Double
  var momentumStdExploration: Double
  var leapfrogStepSize: Double
  var leapfrogSteps: Int
  var leapfrogHiddenSize: Int
  var warmupSteps: Int

  /// - Parameter environment: full name; a task that the paper does not have gets HalfCheetah's row and 1,000 random steps.
  init(_ environment: String) {
    let row = Self.table.first { environment.hasPrefix($0.prefix) }
    self = row?.defaults ?? Self(0.2, 1, 0.5, 0.2, 3, 32, warmup: 1000)
  }

  //                                              α   1/√β train, explore    ε   K  hₙ
  private static let table: [(prefix: String, defaults: TaskDefaults)] = [
    ("HalfCheetah-", Self(0.2, 1, 0.5, 0.2, 3, 32, warmup: 10_000)),
    ("Hopper-", Self(0.2, 0.1, 1.5, 0.15, 2, 32, warmup: 1000)),
    ("Walker2d-", Self(0.2, 0.2, 1.5, 0.15, 3, 32, warmup: 1000)),
    ("Ant-", Self(0.2, 0.1, 1.0, 0.1, 3, 32, warmup: 10_000)),
    ("Humanoid-", Self(0.05, 1, 1, 0.1, 3, 64, warmup: 1000)),
    ("HumanoidPyBulletEnv-", Self(0.05, 0.4, 1.5, 0.2, 3, 64, warmup: 1000)),
    ("HumanoidFlagrunPyBulletEnv-", Self(0.05, 0.2, 1, 0.15, 3, 32, warmup: 1000)),
    ("HumanoidFlagrunHarderPyBulletEnv-", Self(0.05, 0.2, 1.5, 0.15, 3, 64, warmup: 1000)),
  ]

  private init(
    _ alpha: Double, _ training: Double, _ exploration: Double, _ stepSize: Double, _ steps: Int, _ hidden: Int, warmup: Int
  ) {
    self.alpha = alpha
    momentumStdTraining = training
    momentumStdExploration = exploration
    leapfrogStepSize = stepSize
    leapfrogSteps = steps
    leapfrogHiddenSize = hidden
    warmupSteps = warmup
  }

  func apply(to settings: inout Settings) {
    settings.alpha = alpha
    settings.momentumStdTraining = momentumStdTraining
    settings.momentumStdExploration = momentumStdExploration
    settings.leapfrogStepSize = leapfrogStepSize
    settings.leapfrogSteps = leapfrogSteps
    settings.leapfrogHiddenSize = leapfrogHiddenSize
    settings.warmupSteps = warmupSteps
  }
}
