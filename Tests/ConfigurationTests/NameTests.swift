import Agents
import Configuration
import Environments
import Gym
import Testing

/// An algorithm's name says what a run does.
@Suite struct NameTests {
  @Test(arguments: [
    (
      "sac", "constraint=lagrangian,cost=velocity",
      "algorithm 'sac' stands for constraint 'none', not 'lagrangian'; take algorithm 'sac-lagrangian', or give the run a name of its own with --name"
    ),
    (
      "safe-sac-hpo", "constraint=none",
      "algorithm 'safe-sac-hpo' stands for constraint 'lyapunov', not 'none'; take algorithm 'sac-hpo', or give the run a name of its own with --name"
    ),
    (
      "sac-hpo", "momentum=zero",
      "algorithm 'sac-hpo' stands for momentum 'gaussian', not 'zero'; take algorithm 'sac-hpo-zero-momentum', or give the run a name of its own with --name"
    ),
    (
      "sac", "exploration_policy=conventional",
      "algorithm 'sac' stands for exploration_policy 'gaussian', not 'conventional'; take algorithm 'baseline-2', or give the run a name of its own with --name"
    ),
    (
      "sac", "training_policy=flow",
      "algorithm 'sac' stands for training_policy 'gaussian', not 'flow'; give the run a name of its own with --name"
    ),
  ])
  func `settings that an algorithm's name does not stand for need a name of the run's own`(
    _ example: (algorithm: String, changes: String, message: String)
  ) throws {
    let entries = ["algorithm=\(example.algorithm)"] + example.changes.split(separator: ",").map(String.init)
    let error = #expect(throws: SettingsError.self) { try Settings(entries, environment: "Hopper" + "") }
    // Hopper has no cost 'paper', which safe algorithms mean.
    if example.algorithm != "safe-sac-hpo" { #expect(error?.description == example.message) }
    let onAnt = #expect(throws: SettingsError.self) { try Settings(entries, environment: "Ant") }
    #expect(onAnt?.description == example.message)
    let named = try Settings(entries + ["name=other"], environment: "Ant")
    #expect(named.label == "\(example.algorithm)+other")
    let again = try Settings(layers: try SettingsFile.entries(yaml: named.yaml, source: "file"), in: EnvironmentCatalog.registry)
    #expect(again == named && again.variant == "other")
  }

  @Test func `the same holds for settings made in code`() throws {
    var settings = Settings(environment: "Ant-v2", algorithm: .sac)
    (settings.constraint, settings.cost) = (.lagrangian, .paper)
    let costs = try EnvironmentCatalog.registry.entry("Ant-v2").costs
    #expect(throws: SettingsError.self) { try settings.resolved(for: costs) }
    settings.variant = "lagrangian"
    #expect(try settings.resolved(for: costs).costLimit == 25)
  }

  @Test func `which cost, its limit, how long the leapfrog is and where its walls are contradict no name`() throws {
    let changes = ["cost=velocity", "cost_limit=3", "leapfrog_steps=5", "boundary=reflect", "temperature=auto", "seed=4"]
    for name in ["sac", "sac-hpo", "safe-sac-hpo", "sac-lagrangian"] {
      #expect(try Settings(["algorithm=\(name)"] + changes, environment: "Ant").label == name)
    }
    #expect(throws: SettingsError.contradiction("constraint 'lyapunov' needs a cost: 'paper', 'velocity', 'own'")) {
      try Settings(["algorithm=safe-sac-hpo", "cost=none"], environment: "Ant")
    }
  }

  @Test(arguments: ["", "a/b", "..", ".hidden", " a", "a ", "a\nb", String(repeating: "x", count: 1000)])
  func `a name that is no part of a folder's name is refused`(_ name: String) {
    #expect(throws: SettingsError.self) { try Settings(["name=\(name)"], environment: "Hopper") }
  }

  @Test func `two sources that name different algorithms are refused, two that name one are not`() throws {
    let entries = [
      SettingEntry(key: "algorithm", value: "sac-hpo", source: "config.yaml, line 2"),
      SettingEntry(key: "algorithm", value: "sac", source: "--algorithm"),
    ]
    let error = #expect(throws: SettingsError.self) {
      try Settings(layers: entries, environment: "Hopper", in: EnvironmentCatalog.registry)
    }
    #expect(error?.description == "--algorithm: 'algorithm' is sac, but config.yaml, line 2 has sac-hpo")
    #expect(try Settings(layers: [entries[1], entries[1]], environment: "Hopper", in: EnvironmentCatalog.registry).algorithm == .sac)
  }

  @Test func `a default that follows from other settings follows in code, from a file and by flags alike`() throws {
    for training in PolicyKind.allCases {
      let said = ["algorithm=sac", "exploration_policy=gaussian", "training_policy=\(training.rawValue)", "name=x"]
      let byFlags = try Settings(said, environment: "Hopper")
      var inCode = Settings(environment: "Hopper-v2", algorithm: .sac)
      (inCode.trainingPolicy, inCode.variant) = (training, "x")
      inCode.environmentParameters = byFlags.environmentParameters
      let yaml = said.map { $0.replacing("=", with: ": ") + "\n" }.joined()
      let fromFile = try Settings(
        layers: try SettingsFile.entries(yaml: yaml, source: "file"), environment: "Hopper", in: EnvironmentCatalog.registry)
      #expect(byFlags == inCode && fromFile == inCode)
      #expect(inCode.momentumInValue == (training != .conventional))
      #expect(inCode.policyHiddenLayers == (training == .gaussian ? 2 : 1))
    }
    var agent = AgentSettings(observationSize: 3, actionSize: 1)
    agent.trainingPolicy = .conventional
    #expect(!agent.momentumInValue)
    agent.momentumInValue = true
    #expect(agent.momentumInValue)
  }

  @Test func `algorithms of one's own, with settings of their own, are known where they are handed in`() throws {
    let catalogue = AlgorithmCatalogue(
      AlgorithmCatalogue.standard.algorithms + [Algorithm("brisk") { ($0.explorationPolicy, $0.learningRate) = (.gaussian, 0.01) }],
      groups: [RunSettings.self, ActorCriticSettings.self, BriskSettings.self])
    let entries = [
      SettingEntry(key: "algorithm", value: "brisk", source: "test"), SettingEntry(key: "haste", value: "0.75", source: "test"),
    ]
    let settings = try Settings(layers: entries, environment: "Hopper", in: EnvironmentCatalog.registry, algorithms: catalogue)
    #expect(settings.haste == 0.75 && settings.learningRate == 0.01 && settings.label == "brisk")
    #expect(settings.yaml.contains("\nhaste: 0.75\n"))
    let error = #expect(throws: SettingsError.self) { try Settings(["algorithm=brisk"], environment: "Hopper") }
    #expect(error?.description.hasPrefix("--set: unknown algorithm 'brisk'; known are sac-hpo, sac, ") == true)
  }
}
