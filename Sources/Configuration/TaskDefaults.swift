import Agents
import SettingDeclarations

/// What depends on the task: the paper's Table I, the random steps at the start that the official SAC takes, and SAC-NF's flows and the
/// source of its σ, from its own paper.
public enum TaskDefaults {
  /// - Parameter environment: full name; a task that the paper does not have gets HalfCheetah's row, 1,000 random steps and four flows.
  public static func values(for environment: String) -> SettingValues {
    table.first { environment.hasPrefix($0.prefix) }?.values ?? row(0.2, 1, 0.5, 0.2, 3, 32, warmup: 1000, flows: 4)
  }

  /// Every row.
  static var all: [SettingValues] { table.map(\.values) }

  //                                              α   1/√β train, explore    ε   K  hₙ
  private static let table: [(prefix: String, values: SettingValues)] = [
    ("HalfCheetah-", row(0.2, 1, 0.5, 0.2, 3, 32, warmup: 10_000, flows: 3)),
    ("Hopper-", row(0.2, 0.1, 1.5, 0.15, 2, 32, warmup: 1000, flows: 3, .shared)),
    ("Walker2d-", row(0.2, 0.2, 1.5, 0.15, 3, 32, warmup: 1000, flows: 5)),
    ("Ant-", row(0.2, 0.1, 1.0, 0.1, 3, 32, warmup: 10_000, flows: 4, .shared)),
    ("Humanoid-", row(0.05, 1, 1, 0.1, 3, 64, warmup: 1000, flows: 4)),
    ("HumanoidPyBulletEnv-", row(0.05, 0.4, 1.5, 0.2, 3, 64, warmup: 1000, flows: 4)),
    ("HumanoidFlagrunPyBulletEnv-", row(0.05, 0.2, 1, 0.15, 3, 32, warmup: 1000, flows: 4)),
    ("HumanoidFlagrunHarderPyBulletEnv-", row(0.05, 0.2, 1.5, 0.15, 3, 64, warmup: 1000, flows: 4)),
  ]

  private static func row(
    _ alpha: Double, _ training: Double, _ exploration: Double, _ stepSize: Double, _ steps: Int, _ hidden: Int, warmup: Int,
    flows: Int, _ flowStd: FlowStd = .state
  ) -> SettingValues {
    var values = SettingValues()
    values.alpha = alpha
    values.momentumStdTraining = training
    values.momentumStdExploration = exploration
    values.leapfrogStepSize = stepSize
    values.leapfrogSteps = steps
    values.leapfrogHiddenSize = hidden
    values.warmupSteps = warmup
    values.flows = flows
    values.flowStd = flowStd
    return values
  }
}
