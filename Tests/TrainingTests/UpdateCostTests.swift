import Agents
import Configuration
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
    try agent.update()
    return Double(ProductCount.operations - before)
  }

  @Test(arguments: AlgorithmCatalogue.standard.algorithms.map(\.name))
  func `the floor counts the operations of every product of an update once`(_ algorithm: String) throws {
    for extra in [[], ["hidden_size=24", "batch_size=33"], ["leapfrog_state_input=false"], ["hamiltonian_critic=online"]] {
      var facts = try EnvironmentCatalog.make("Ant").specification
      facts.observationSize = 27
      let settings = try Settings(["algorithm=\(algorithm)"] + extra, environment: "Ant").agentSettings(for: facts)
      let counted = try countedOperations(settings)
      let expected = settings.kind.type.operationsPerUpdate(settings)
      #expect(abs(counted / expected - 1) < 1e-9, "\(algorithm) \(extra): \(counted) made, \(expected) expected")
    }
  }
}
