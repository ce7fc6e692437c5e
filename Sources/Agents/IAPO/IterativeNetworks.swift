import LinearAlgebra
import NeuralNetworks
import Random

/// Every network of iterative amortised policy optimisation, under the names that checkpoints give them.
package struct IterativeNetworks<S: Scalar> {
  /// Q₁, Q₂ and their targets: [s, a] → 1.
  package let critics: TwinCritics<S>
  package let iterative: IterativeNetwork<S>
  /// `iteration_noise`: `values` [T, M, actions], the noise of evaluation's iterations: drawn once, so that evaluation is deterministic.
  package let evaluationNoise: ParameterSet<S>

  init(_ settings: AgentSettings, seed: UInt64) {
    let (n, d) = (settings.observationSize, settings.actionSize)
    critics = TwinCritics(settings, seed: seed)
    iterative = IterativeNetwork(inputs: n + 4 * d, hiddenSize: settings.hiddenSize, actionSize: d)
    var generator = SeededGenerator(seed: seed, stream: RandomStream.networks.rawValue + 7)
    iterative.initialize(using: &generator)
    evaluationNoise = ParameterSet([("values", [settings.iterations, settings.actionSamples, d])])
    generator = SeededGenerator(seed: seed, stream: RandomStream.networks.rawValue + 8)
    evaluationNoise.values.matrix(rows: 1, columns: evaluationNoise.count).fillStandardNormal(using: &generator)
  }

  /// In the order of files.
  var all: [NamedParameters<S>] {
    critics.networks + [("iterative", iterative.parameters), ("iteration_noise", evaluationNoise)]
  }
}
