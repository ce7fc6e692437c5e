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
    let agent = try resolvedAgent(settings)
    // Torque's limit is on an average.
    let kind = example.environment.hasPrefix("Ant") ? CostKind.average : .sum
    #expect(agent.costConstraint == CostConstraint(kind: kind, limit: example.limit, gamma: 0.99))
    #expect(agent.constraint == (example.algorithm == .safeSACHPO ? .lyapunov : .lagrangian))
    let read = try resolvedAgent(try Settings(["algorithm=\(example.algorithm)"], environment: example.environment))
    #expect(read.costConstraint == agent.costConstraint && read.constraint == agent.constraint)
    settings.costLimit = 7
    settings.multiplierRate = 0.3
    settings.safeLeapfrogSteps = 4
    let changed = try resolvedAgent(settings)
    #expect(changed.costLimit == 7 && changed.multiplierRate == 0.3 && changed.safeLeapfrogSteps == 4)
    (settings.constraint, settings.variant) = (.none, "free")
    #expect(try resolvedAgent(settings).costConstraint == nil)
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
    Mistake("settings: 'batch_size' cannot be '0'; it must be an integer from 1 to 65536") { $0.batchSize = 0 },
    Mistake("settings: 'alpha' cannot be '.nan'; it must be a number above 0 that single precision holds") { $0.alpha = .nan },
    Mistake("settings: 'learning_rate' cannot be '1.0e+39'; it must be a number above 0 that single precision holds") { $0.learningRate = 1e39 },
    Mistake("settings: 'cost_limit' cannot be '-1.0'; it must be a number above 0, or default") { ($0.cost, $0.costLimit) = (.own, -1) },
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

  /// What `--config` of a run's record and some flags make, on Ant.
  private func continued(_ yaml: String, _ changes: String...) throws -> Settings {
    let entries = try SettingsFile.entries(yaml: yaml, source: "config.yaml") + changes.map { try SettingEntry(assignment: $0) }
    return try Settings(layers: entries, in: EnvironmentCatalog.registry)
  }

  @Test func `what followed from other settings in a run's record follows again where these are changed`() throws {
    let recordedOnly = try Settings(["algorithm=sac", "cost=paper"], environment: "Ant")
    #expect(recordedOnly.yaml.contains("cost_kind: average\ncost_limit: 25.0\n"))
    // As programs recorded it before.
    let earlier = recordedOnly.yaml.replacing("cost_kind: average", with: "cost_kind: sum")
    for yaml in [recordedOnly.yaml, earlier] {
      #expect(try continued(yaml).costKind == .average)
      let constrained = try continued(yaml, "constraint=lagrangian", "name=x")
      #expect(constrained.costKind == .average && constrained.costLimit == 25)
      // A run of that record goes on: without a constraint the kind is of no consequence.
      #expect(try continued(yaml).differences(from: try RecordedSettings(yaml: earlier, source: "")) == [])
    }
    let lagrangian = try Settings(["algorithm=sac-lagrangian"], environment: "Ant").yaml
    let velocity = try continued(lagrangian, "cost=velocity")
    #expect(velocity.costKind == .sum && velocity.costLimit == 2.5)
    let evolved = try continued(
      try Settings([], environment: "Ant").yaml, "exploration_policy=conventional", "training_policy=gaussian", "name=x")
    #expect(evolved.policyHiddenLayers == 2)
    let conventional = try continued(
      try Settings([], environment: "Ant").yaml, "exploration_policy=conventional", "training_policy=conventional", "name=x")
    #expect(!conventional.momentumInValue)
    let literal = try continued(lagrangian, "multiplier_schedule=episodes")
    #expect(literal.multiplierRate == 0.1 && literal.multiplierLimit == .infinity)
  }

  @Test func `what was said in a run's record stays, whatever is changed beside it`() throws {
    let said = try Settings(
      ["algorithm=sac-lagrangian", "cost_kind=sum", "cost_limit=7", "policy_hidden_layers=3", "multiplier_rate=0.5"], environment: "Ant")
    let changed = try continued(said.yaml, "cost=velocity", "multiplier_schedule=episodes")
    #expect(changed.costKind == .sum && changed.costLimit == 7 && changed.policyHiddenLayers == 3 && changed.multiplierRate == 0.5)
    // The same value said after the record is said.
    let again = try continued(try Settings(["algorithm=sac-lagrangian"], environment: "Ant").yaml, "cost_limit=25", "cost=velocity")
    #expect(again.costLimit == 25 && again.costKind == .sum)
  }

  @Test func `another cost chosen in code brings its own kind and limit`() throws {
    var settings = try Settings(["algorithm=sac-lagrangian"], environment: "Ant")
    settings.cost = .velocity
    let constraint = try #require(try resolvedAgent(settings).costConstraint)
    #expect(constraint.limit == 2.5 && constraint.kind == .sum)
    (settings.cost, settings.constraint, settings.variant) = (.none, .none, "free")
    #expect(try settings.resolved(for: nil).costLimit == nil)
  }

  @Test func `the page's table of settings is the declarations'`() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let page = try String(contentsOf: root.appending(path: "Documentation/Settings.md"), encoding: .utf8)
    #expect(page.contains(AlgorithmCatalogue.standard.table))
  }
}
