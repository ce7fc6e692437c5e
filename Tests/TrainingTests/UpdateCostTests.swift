import Agents
import Configuration
import Environments
import LinearAlgebra
import Random
import Testing

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

  @Test(arguments: AlgorithmCatalogue.standard.algorithms)
  func `the floor counts the operations of every product of an update once`(_ algorithm: Algorithm) throws {
    for extra in [[], ["hidden_size=24", "batch_size=33"], ["leapfrog_state_input=false"], ["hamiltonian_critic=online"]] {
      let values = try Settings(["algorithm=\(algorithm)"] + extra, environment: "Ant").values
      let settings = AgentSettings(observationSize: 27, actionSize: 8, values: values)
      let counted = try countedOperations(settings), expected = SoftActorCritic<Float>.operationsPerUpdate(settings)
      #expect(abs(counted / expected - 1) < 1e-9, "\(algorithm) \(extra): \(counted) made, \(expected) expected")
    }
  }
}
