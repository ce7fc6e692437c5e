import LinearAlgebra
import NeuralNetworks
import Random

/// Every network of TD3, under the names that checkpoints give them.
package struct TwinDelayedNetworks<S: Scalar> {
  /// Q₁, Q₂ and their targets: [s, a] → 1.
  package let critics: TwinCritics<S>
  /// s → d; a = tanh of it.
  package let policy: MultilayerPerceptron<S>
  package let targetPolicy: MultilayerPerceptron<S>

  /// Fresh networks, the targets copies.
  init(_ settings: AgentSettings, seed: UInt64) {
    critics = TwinCritics(settings, seed: seed)
    var generator = SeededGenerator(seed: seed, stream: RandomStream.networks.rawValue + 2)
    let hidden = Array(repeating: settings.hiddenSize, count: settings.policyHiddenLayers)
    policy = MultilayerPerceptron(
      sizes: [settings.observationSize] + hidden + [settings.actionSize], activation: .relu, using: &generator)
    targetPolicy = policy.copy()
  }

  /// In the order of files.
  var all: [NamedParameters<S>] {
    critics.networks + [("policy", policy.parameters), ("target_policy", targetPolicy.parameters)]
  }

  var following: [TargetNetwork<S>] {
    critics.following + [TargetNetwork(targetPolicy.parameters, follows: policy.parameters)]
  }
}
