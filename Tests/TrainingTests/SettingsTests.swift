import Agents
import Configuration
import Environments
import Foundation
import Gym
import Records
import TestSupport
import Testing
import Training

/// Settings made in code are held to what settings of a file are held to.
@Suite struct SettingsTests {
  private func resolvedAgent(_ settings: Settings) throws -> AgentSettings {
    let costs = (try? EnvironmentCatalog.registry.entry(settings.environment).costs) ?? PointMass().specification.costs
    return try settings.agentSettings(
      for: EnvironmentSpecification(id: settings.environment, observationSize: 4, actionSize: 2, timeLimit: nil, costs: costs))
  }

  @Test(arguments: [
    (Algorithm.safeSACHPO, "Ant-v2", 25.0), (.sacLagrangian, "Ant-v5", 25), (.sacLagrangian, "HalfCheetah-v2", 10),
  ])
  func `a safe agent made in code is safe: its limit is the cost's own, or the one set`(
    _ example: (algorithm: Algorithm, environment: String, limit: Double)
  ) throws {
    var settings = Settings(environment: example.environment, algorithm: example.algorithm)
    let safety = try #require(try resolvedAgent(settings).safety)
    var expected = SafetySettings(costLimit: example.limit, filtersActions: example.algorithm == .safeSACHPO)
    // Torque's limit is on an average.
    expected.costKind = example.environment.hasPrefix("Ant") ? .average : .sum
    #expect(safety == expected)
    #expect(try resolvedAgent(try Settings(["algorithm=\(example.algorithm)"], environment: example.environment)).safety == safety)
    settings.costLimit = 7
    settings.multiplierRate = 0.3
    settings.safeLeapfrogSteps = 4
    let changed = try #require(try resolvedAgent(settings).safety)
    #expect(changed.costLimit == 7 && changed.multiplierRate == 0.3 && changed.safeLeapfrogSteps == 4)
    (settings.constraint, settings.variant) = (.none, "free")
    #expect(try resolvedAgent(settings).safety == nil)
  }

  @Test func `a run of a safe agent made in code records the cost's own limit, and is found finished`() throws {
    let folder = try TemporaryFolder()
    let directory = RunDirectory(path: "\(folder.path)/run")
    var settings = Settings(environment: "Ant-v2", algorithm: .safeSACHPO)
    (settings.steps, settings.hiddenSize, settings.evaluationEpisodes, settings.threads) = (3, 8, 1, 1)
    try TrainingRun(settings, directory: directory) { try EnvironmentCatalog.make(settings.environment) }.run()
    #expect(try String(contentsOfFile: directory.config, encoding: .utf8).contains("cost_limit: 25.0\n"))
    #expect(try TrainingRun.isFinished(settings, in: directory))
    // The same limit, written out.
    settings.costLimit = 25
    #expect(try TrainingRun.isFinished(settings, in: directory))
  }

  struct Mistake: CustomTestStringConvertible, Sendable {
    var message: String
    var make: @Sendable (inout Settings) -> Void
    var testDescription: String { message }

    init(_ message: String, _ make: @escaping @Sendable (inout Settings) -> Void) {
      self.message = message
      self.make = make
    }
  }

  static let mistakes = [
    Mistake("exploration_policy 'proposed' needs training_policy 'proposed': T_h and σ_h would never be trained") {
      $0.explorationPolicy = .proposed
    },
    Mistake("exploration_policy 'flow' needs training_policy 'flow': the flows would never be trained") { $0.explorationPolicy = .flow },
    Mistake("a policy of flows is not evolved: exploration_policy must be 'flow' or 'gaussian'") {
      ($0.explorationPolicy, $0.trainingPolicy) = (.conventional, .flow)
    },
    Mistake("constraint 'lagrangian' needs a cost: 'paper', 'velocity', 'own'") { $0.constraint = .lagrangian },
    Mistake("cost 'own' has no limit of its own: constraint 'lagrangian' needs cost_limit") {
      ($0.constraint, $0.cost) = (.lagrangian, .own)
    },
    Mistake("constraint 'lyapunov' filters leapfrog steps: exploration_policy must be 'proposed'") {
      ($0.constraint, $0.cost, $0.costLimit) = (.lyapunov, .own, 3)
    },
    Mistake("constraint 'lagrangian' needs gamma below 1: its limit is a discounted sum") {
      ($0.constraint, $0.cost, $0.costLimit, $0.gamma) = (.lagrangian, .own, 3, 1)
    },
    Mistake("cost_limit 3.0 limits nothing: without a cost ('paper', 'velocity', 'own') it is 'default'") { $0.costLimit = 3 },
    Mistake("settings: 'batch_size' can not be '0'; it must be an integer from 1 to 65536") { $0.batchSize = 0 },
    Mistake("settings: 'alpha' can not be '.nan'; it must be a number above 0") { $0.alpha = .nan },
    Mistake("settings: 'cost_limit' can not be '-1.0'; it must be a number above 0, or default") { ($0.cost, $0.costLimit) = (.own, -1) },
  ]

  @Test(arguments: mistakes) func `a mistake in code is refused in a file's words, before anything is written`(_ mistake: Mistake) throws {
    let folder = try TemporaryFolder()
    var settings = Settings(environment: "PointMass-v0", algorithm: .sac)
    mistake.make(&settings)
    let error = #expect(throws: SettingsError.self) {
      try TrainingRun(settings, directory: RunDirectory(path: "\(folder.path)/run")) { PointMass() }
    }
    #expect(error?.description == mistake.message)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    #expect(throws: SettingsError.self) { try TrainingRun.isFinished(settings, in: RunDirectory(path: folder.path)) }
    #expect(throws: SettingsError.self) { try resolvedAgent(settings) }
  }

  @Test func `a cost limit in a file needs a cost`() throws {
    func settings(_ assignments: String...) throws -> Settings {
      try Settings(assignments, environment: "Ant")
    }
    let error = #expect(throws: SettingsError.self) { try settings("algorithm=sac", "cost_limit=5") }
    #expect(
      error?.description == "cost_limit 5.0 limits nothing: without a cost ('paper', 'velocity', 'own') it is 'default'")
    #expect(try settings("algorithm=sac", "cost_limit=default").costLimit == nil)
    // A cost that is only recorded has a limit all the same: to be drawn beside it.
    #expect(try settings("algorithm=sac", "cost=velocity", "cost_limit=5").costLimit == 5)
    #expect(try settings("algorithm=sac-lagrangian", "cost_limit=5").costLimit == 5)
  }

  @Test func `the page's table of settings is the declarations'`() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let page = try String(contentsOf: root.appending(path: "Documentation/Settings.md"), encoding: .utf8)
    #expect(page.contains(AlgorithmCatalogue.standard.table))
  }
}
