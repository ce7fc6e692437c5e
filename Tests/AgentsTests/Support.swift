import Experience
import LinearAlgebra
import Random

import Agents

/// A small agent in Double whose target critics differ from the online ones, with a filled minibatch and drawn noise.
func makeAgent(
  observations n: Int = 3, actions d: Int = 2, batch: Int = 6, lanes: Int = 2, seed: UInt64 = 1,
  _ configure: (inout AgentSettings) -> Void = { _ in }
) -> SoftActorCritic<Double> {
  makeAgent(Double.self, observations: n, actions: d, batch: batch, lanes: lanes, seed: seed, configure)
}

func makeAgent<S: Scalar>(
  _ type: S.Type, observations n: Int = 3, actions d: Int = 2, batch: Int = 6, lanes: Int = 2, seed: UInt64 = 1,
  threads: Int = 1, _ configure: (inout AgentSettings) -> Void = { _ in }
) -> SoftActorCritic<S> {
  var settings = AgentSettings(observationSize: n, actionSize: d)
  settings.batchSize = batch
  settings.lanes = lanes
  settings.hiddenSize = 12
  settings.leapfrogHiddenSize = 7
  settings.momentumStdTraining = 0.7
  settings.momentumInValue = true
  configure(&settings)
  let agent = SoftActorCritic<S>(settings, seed: seed, pool: WorkerPool(threads: threads))
  var generator = SeededGenerator(seed: seed &+ 100)
  func fill(_ vector: Vector<S>, _ low: Double, _ high: Double) {
    for index in 0..<vector.count { vector[index] = S(generator.uniform(low, high)) }
  }
  for (name, parameters) in agent.networks {
    // Wider than the initial weights, so that gates, critics and deviations are far from trivial.
    for index in 0..<parameters.count {
      parameters.values[index] += S(generator.uniform(-0.3, 0.3) * (name.hasPrefix("target") ? 1 : 0.7))
    }
  }
  fill(agent.minibatch.stateActions.elements, -1, 1)
  fill(agent.minibatch.nextObservations.elements, -1, 1)
  fill(agent.minibatch.rewards, -2, 2)
  fill(agent.minibatch.costs, 0, 1)
  for row in 0..<batch { agent.minibatch.terminals[row] = row % 3 == 1 ? 1 : 0 }
  for matrix in [agent.updateNoise.now.action, agent.updateNoise.now.momentum, agent.updateNoise.next.action, agent.updateNoise.next.momentum] {
    matrix.fillStandardNormal(using: &generator)
  }
  return agent
}

extension SoftActorCritic {
  /// A scalar of ``Agent/report``, measured now.
  func measured(_ name: String) -> Double {
    report.take()
    return report[name] ?? .nan
  }
}

extension ActingPolicy {
  /// What the actor has said of its actions since the last call, by name: sum and count.
  func takeScalars(_ scalars: KeyPath<ActingPolicy, [ActingScalar]> = \.explorationScalars) -> [String: (sum: Double, count: Double)] {
    defer { for scalar in self[keyPath: scalars] { scalar.reset() } }
    return Dictionary(uniqueKeysWithValues: self[keyPath: scalars].map { ($0.name, ($0.sum, $0.count)) })
  }
}
