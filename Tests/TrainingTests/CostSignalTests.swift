import Configuration
import Environments
import Gym
import Records
import TestSupport
import Testing
import Training

@Suite struct CostSignalTests {
  private func cost(_ kind: CostChoice, _ environment: String, velocity: SIMD2<Double>, action: [Float] = [0])
    throws -> Double?
  {
    try signal(kind, environment)?.cost(of: Step(reward: 0, velocity: velocity), action: action)
  }

  private func signal(_ kind: CostChoice, _ environment: String) throws -> SafetyCost? {
    var settings = Settings(environment: environment, algorithm: .sac)
    settings.cost = kind
    return try settings.safetyCost(among: try EnvironmentCatalog.registry.entry(environment).costs)
  }

  @Test func `the paper's costs are the mean torque of Ant and speeding of HalfCheetah`() throws {
    #expect(try cost(.paper, "Ant-v2", velocity: [9, 9], action: [1, -0.5, 0, 0.5]) == 0.5)
    for (velocity, expected) in [(0.9, 0.0), (1.0, 0), (1.1, 1), (-1.1, 1)] {
      #expect(try cost(.paper, "HalfCheetah-v2", velocity: [velocity, 0]) == expected)
    }
    #expect(try signal(.paper, "Ant-v2")?.defaultLimit == 25)
    #expect(try signal(.paper, "HalfCheetah-v5")?.defaultLimit == 10)
  }

  @Test func `Safety-Gymnasium's velocity costs count signed velocity in the plane's tasks and speed in space`() throws {
    for (environment, limit) in [("HalfCheetah-v4", 3.2096), ("Hopper-v4", 0.7402), ("Walker2d-v4", 2.3415)] {
      #expect(try cost(.velocity, environment, velocity: [limit - 1e-6, 0]) == 0)
      #expect(try cost(.velocity, environment, velocity: [limit + 1e-6, 0]) == 1)
      #expect(try cost(.velocity, environment, velocity: [-9, 0]) == 0)
    }
    for (environment, limit) in [("Ant-v4", 2.6222), ("Humanoid-v4", 1.4149)] {
      let part = limit / 2.0.squareRoot()
      #expect(try cost(.velocity, environment, velocity: [-part - 1e-6, part]) == 1)
      #expect(try cost(.velocity, environment, velocity: [-part + 1e-6, part]) == 0)
    }
  }

  @Test func `an environment of one's own says its cost itself, and has no limit of itself`() throws {
    var settings = Settings(environment: "Spring-v0", algorithm: .sac)
    settings.cost = .own
    let signal = try #require(try settings.safetyCost(among: PointMass().specification.costs))
    #expect(signal.cost(of: Step(reward: 1, velocity: [9, 9], cost: 0.75), action: [1]) == 0.75)
    #expect(signal.defaultLimit == nil)
  }

  /// A point mass whose second step has a cost that is no number.
  private final class Unpriced: Environment {
    private let task = PointMass()
    private var steps = 0

    var specification: EnvironmentSpecification { task.specification }
    var observation: [Double] { task.observation }

    func reset<Generator: RandomNumberGenerator>(using generator: inout Generator) { task.reset(using: &generator) }

    func step(_ action: [Float]) throws -> Step {
      steps += 1
      var step = try task.step(action)
      if steps == 2 { step.cost = .nan }
      return step
    }
  }

  @Test func `a cost that is not finite stops the run where it is recorded, in training and in evaluation`() throws {
    let folder = try TemporaryFolder()
    func train(_ name: String, steps: Int, cost: CostChoice) throws {
      var settings = Settings(environment: "PointMass-v0", algorithm: .sac)
      (settings.steps, settings.cost, settings.hiddenSize, settings.evaluationEpisodes) = (steps, cost, 8, 1)
      try TrainingRun(settings, directory: RunDirectory(path: "\(folder.path)/\(name)")) { Unpriced() }.run()
    }
    try train("none", steps: 2, cost: .none)
    let training = #expect(throws: RunError.self) { try train("training", steps: 2, cost: .own) }
    #expect(
      training?.description == "the environment's cost became nan at step 2; the last checkpoint in '\(folder.path)/training' is intact")
    let evaluation = #expect(throws: RunError.self) { try train("evaluation", steps: 1, cost: .own) }
    #expect(evaluation?.description.hasPrefix("at step 1 the evaluation's cost became nan") == true)
  }

  /// A point mass whose second step gives what single precision does not hold.
  private final class Overflowing: Environment {
    private let task = PointMass()
    private let quantity: String
    private var steps = 0

    init(_ quantity: String) { self.quantity = quantity }

    var specification: EnvironmentSpecification { task.specification }
    var observation: [Double] { task.observation.map { steps == 2 && quantity == "observation" ? 1e39 : $0 } }

    func reset<Generator: RandomNumberGenerator>(using generator: inout Generator) { task.reset(using: &generator) }

    func step(_ action: [Float]) throws -> Step {
      steps += 1
      var step = try task.step(action)
      if steps == 2 && quantity == "reward" { step.reward = 1e39 }
      if steps == 2 && quantity == "cost" { step.cost = 1e39 }
      return step
    }
  }

  @Test(arguments: ["reward", "cost", "observation"])
  func `what would be infinite in single precision stops the run before it is recorded`(_ quantity: String) throws {
    let folder = try TemporaryFolder()
    var settings = Settings(environment: "PointMass-v0", algorithm: .sac)
    (settings.steps, settings.cost, settings.hiddenSize) = (5, .own, 8)
    let run = try TrainingRun(settings, directory: RunDirectory(path: "\(folder.path)/run")) { Overflowing(quantity) }
    let error = #expect(throws: RunError.self) { try run.run() }
    #expect(
      error?.description == "the environment's \(quantity) became 1e+39, more than single precision holds, at step 2; the last checkpoint "
        + "in '\(folder.path)/run' is intact")
  }

  @Test func `tasks without such a cost refuse it by name`() {
    let error = #expect(throws: SettingsError.self) { try signal(.paper, "Hopper-v2") }
    #expect(error?.description == "Hopper-v2 has no cost 'paper'; it has 'velocity'")
    let none = #expect(throws: SettingsError.self) { try signal(.velocity, "HumanoidPyBulletEnv-v0") }
    #expect(none?.description == "HumanoidPyBulletEnv-v0 has no cost 'velocity'; it has none")
    let own = #expect(throws: SettingsError.self) { try signal(.own, "Ant-v4") }
    #expect(own?.description == "cost 'own' is for environments of one's own: the steps of Ant-v4 have no cost")
    #expect(throws: SettingsError.self) {
      try Settings(["algorithm=sac-lagrangian"], environment: "Hopper")
    }
  }
}
