import LinearAlgebra
import NeuralNetworks
import Random

/// Every network of an agent, under the names that checkpoints give them.
public final class ActorCriticNetworks<S: Scalar> {
  /// Q₁, Q₂: [s, a] → 1.
  public let critic1: MultilayerPerceptron<S>
  public let critic2: MultilayerPerceptron<S>
  public let targetCritic1: MultilayerPerceptron<S>
  public let targetCritic2: MultilayerPerceptron<S>
  /// π_θ: s → μ, log σ.
  public let policy: MultilayerPerceptron<S>
  /// T_h and σ_h: [s?, a, g] → d; only where the proposed leapfrog is used.
  public let leapfrog: (transform: MultilayerPerceptron<S>, gate: MultilayerPerceptron<S>)?
  /// Q_C and its target: [s, a] → 1; only for safe agents.
  public let cost: (critic: MultilayerPerceptron<S>, target: MultilayerPerceptron<S>)?

  /// Fresh networks; each draws from a stream of its own, so that adding one changes no other's start.
  public init(_ settings: AgentSettings, seed: UInt64) {
    func network(_ index: UInt64, _ sizes: [Int], _ activation: Activation) -> MultilayerPerceptron<S> {
      var generator = SeededGenerator(seed: seed, stream: RandomStream.networks.rawValue + index)
      return MultilayerPerceptron(sizes: sizes, activation: activation, using: &generator)
    }
    let n = settings.observationSize
    let d = settings.actionSize
    let critic = [n + d, settings.hiddenSize, settings.hiddenSize, 1]
    critic1 = network(0, critic, .relu)
    critic2 = network(1, critic, .relu)
    targetCritic1 = critic1.copy()
    targetCritic2 = critic2.copy()
    policy = network(2, [n] + Array(repeating: settings.hiddenSize, count: settings.policyHiddenLayers) + [2 * d], .relu)
    if settings.usesProposedLeapfrog {
      let sizes = [(settings.leapfrogStateInput ? n : 0) + 2 * d, settings.leapfrogHiddenSize, d]
      leapfrog = (network(3, sizes, .elu), network(4, sizes, .elu))
    } else {
      leapfrog = nil
    }
    if settings.safety != nil {
      let online = network(5, critic, .relu)
      cost = (online, online.copy())
    } else {
      cost = nil
    }
  }

  /// The leapfrog networks, where a policy is known to need them.
  var proposed: (transform: MultilayerPerceptron<S>, gate: MultilayerPerceptron<S>) {
    guard let leapfrog else { trap("the proposed leapfrog needs its networks, but no policy of this agent asked for them") }
    return leapfrog
  }

  var costCritics: (critic: MultilayerPerceptron<S>, target: MultilayerPerceptron<S>) {
    guard let cost else { trap("a cost critic was asked for in an agent without safety settings") }
    return cost
  }

  /// Name and parameters of each, in checkpoint order.
  public var all: [(name: String, parameters: ParameterSet<S>)] {
    var all = [
      ("critic1", critic1), ("critic2", critic2), ("target_critic1", targetCritic1), ("target_critic2", targetCritic2),
      ("policy", policy),
    ]
    if let leapfrog { all += [("leapfrog_transform", leapfrog.transform), ("leapfrog_gate", leapfrog.gate)] }
    if let cost { all += [("cost_critic", cost.critic), ("target_cost_critic", cost.target)] }
    return all.map { ($0.0, $0.1.parameters) }
  }
}
