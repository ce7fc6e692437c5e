import Agents
import Environments
import LinearAlgebra
import Random
import Testing
import Training

@Suite struct UpdateCostTests {
  /// On one thread, which makes all products of an update.
  private func countedOperations(_ settings: AgentSettings) throws -> Double {
    let agent = SoftActorCritic<Float>(settings, seed: 1, pool: WorkerPool(threads: 1))
    var generator = SeededGenerator(seed: 2)
    agent.minibatch.observations.fillStandardNormal(using: &generator)
    agent.minibatch.nextObservations.fillStandardNormal(using: &generator)
    let before = ProductCount.operations
    _ = try agent.update()
    return Double(ProductCount.operations - before)
  }

  @Test(arguments: Algorithm.allCases)
  func `the floor counts the operations of every product of an update once`(_ algorithm: Algorithm) throws {
    for extra in [[], ["hidden_size=24", "batch_size=33"], ["leapfrog_state_input=false"], ["hamiltonian_critic=online"]] {
      let entries = try (["algorithm=\(algorithm.rawValue)"] + extra).map { try SettingEntry(assignment: $0) }
      let settings = try Settings(layers: entries, environment: "Ant").agentSettings(observationSize: 27, actionSize: 8)
      let counted = try countedOperations(settings), expected = UpdateCost.operations(settings)
      #expect(abs(counted / expected - 1) < 1e-9, "\(algorithm) \(extra): \(counted) made, \(expected) expected")
    }
  }
}
