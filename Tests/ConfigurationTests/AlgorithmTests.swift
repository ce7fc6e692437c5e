import Agents
import Configuration
import Testing

/// The paper's tables, as settings.
@Suite struct AlgorithmTests {
  private func settings(_ environment: String, _ entries: [String]) throws -> Settings {
    try Settings(entries, environment: environment)
  }

  @Test func `an algorithm's name stands for its exploration and training policies (Table II)`() throws {
    let table: [(String, Exploration, PolicyKind, layers: Int)] = [
      ("sac-hpo", .proposed, .proposed, 1), ("baseline-1", .conventional, .conventional, 1),
      ("baseline-2", .conventional, .gaussian, 2), ("baseline-3", .gaussian, .proposed, 1), ("sac", .gaussian, .gaussian, 2),
      ("sac-nf", .flow, .flow, 1), ("sac-lagrangian", .gaussian, .gaussian, 2), ("safe-sac-hpo", .proposed, .proposed, 1),
      ("sac-hpo-zero-momentum", .proposed, .proposed, 1), ("sac-noise", .noisy, .gaussian, 1), ("oac", .optimistic, .gaussian, 2),
      ("td3", .gaussian, .gaussian, 2), ("iapo", .gaussian, .gaussian, 2),
    ]
    #expect(table.map(\.0).sorted() == AlgorithmCatalogue.standard.algorithms.map(\.name).sorted())
    for (name, exploration, training, layers) in table {
      let settings = try settings("Ant", ["algorithm=\(name)"])
      #expect(settings.explorationPolicy == exploration && settings.trainingPolicy == training, "\(name)")
      #expect(settings.policyHiddenLayers == layers, "\(name)")
      #expect(settings.momentumInValue == (training != .conventional), "\(name)")
      #expect((settings.momentum == .zero) == (name == "sac-hpo-zero-momentum"))
      let constraint: Constraint = name == "safe-sac-hpo" ? .lyapunov : name == "sac-lagrangian" ? .lagrangian : .none
      #expect(settings.constraint == constraint, "\(name)")
      #expect((settings.cost == .paper) == (constraint != .none), "\(name)")
    }
  }

  @Test func `exploration and training policies are chosen independently by a run with a name of its own`() throws {
    let kinds: [PolicyKind] = [.gaussian, .proposed, .conventional]
    for exploration in [.gaussian, .proposed, .conventional] as [Exploration] {
      for training in kinds where exploration != .proposed || training == .proposed {
        let settings = try settings(
          "Hopper", ["exploration_policy=\(exploration.rawValue)", "training_policy=\(training)", "name=mixed"])
        #expect(settings.explorationPolicy == exploration && settings.trainingPolicy == training)
        #expect(settings.policyHiddenLayers == (training == .gaussian ? 2 : 1))
      }
    }
    let error = #expect(throws: SettingsError.self) {
      try settings("Hopper", ["exploration_policy=proposed", "training_policy=gaussian"])
    }
    #expect(
      error?.description
        == "exploration_policy 'proposed' needs training_policy 'proposed': T_h and σ_h would never be trained")
  }

  @Test func `tasks have Table I's hyper-parameters, and SAC-NF's flows`() throws {
    //  task, α, 1/√β training, exploration, ε, K, hₙ, random steps, flows, σ
    let table: [(String, [Double], [Int], FlowStd)] = [
      ("HalfCheetah", [0.2, 1, 0.5, 0.2], [3, 32, 10_000, 3], .state),
      ("Hopper", [0.2, 0.1, 1.5, 0.15], [2, 32, 1000, 3], .shared),
      ("Walker2d", [0.2, 0.2, 1.5, 0.15], [3, 32, 1000, 5], .state), ("Ant", [0.2, 0.1, 1, 0.1], [3, 32, 10_000, 4], .shared),
      ("Humanoid", [0.05, 1, 1, 0.1], [3, 64, 1000, 4], .state),
      ("HumanoidPyBullet", [0.05, 0.4, 1.5, 0.2], [3, 64, 1000, 4], .state),
      ("Flagrun", [0.05, 0.2, 1, 0.15], [3, 32, 1000, 4], .state),
      ("FlagrunHarder", [0.05, 0.2, 1.5, 0.15], [3, 64, 1000, 4], .state),
    ]
    for (task, numbers, counts, std) in table {
      let s = try settings(task, [])
      #expect([s.alpha, s.momentumStdTraining, s.momentumStdExploration, s.leapfrogStepSize] == numbers, "\(task)")
      #expect([s.leapfrogSteps, s.leapfrogHiddenSize, s.warmupSteps, s.flows] == counts && s.flowStd == std, "\(task)")
    }
  }
}
