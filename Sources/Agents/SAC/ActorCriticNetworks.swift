import LinearAlgebra
import NeuralNetworks
import Random

/// Every network of a soft actor-critic, under the names that checkpoints give them.
public final class ActorCriticNetworks<S: Scalar> {
  /// Q₁, Q₂ and their targets: [s, a] → 1.
  public let critics: TwinCritics<S>
  /// π_θ: s → μ, log σ.
  public let policy: MultilayerPerceptron<S>
  /// T_h and σ_h: [s?, a, g] → d; only where the proposed leapfrog is used.
  public let leapfrog: (transform: MultilayerPerceptron<S>, gate: MultilayerPerceptron<S>)?
  /// τ_k of the proposed leapfrog, where they are learned.
  public let tempering: Tempering<S>?
  /// Radial flows of SAC-NF.
  public let flows: RadialFlowParameters<S>?
  /// log σ, where it is shared by all states: `log_std` [d].
  public let policyStd: ParameterSet<S>?
  /// Q_C and its target: [s, a] → 1; only for safe agents.
  public let cost: TargetedCritic<S>?

  /// Fresh networks; each draws from a stream of its own, so that adding one changes no other's start.
  public init(_ settings: AgentSettings, seed: UInt64) {
    func network(_ index: UInt64, _ sizes: [Int], _ activation: Activation) -> MultilayerPerceptron<S> {
      var generator = SeededGenerator(seed: seed, stream: RandomStream.networks.rawValue + index)
      return MultilayerPerceptron(sizes: sizes, activation: activation, using: &generator)
    }
    let n = settings.observationSize
    let d = settings.actionSize
    critics = TwinCritics(settings, seed: seed)
    let sharesStd = settings.usesFlow && settings.flowStd == .shared
    policy = network(
      2, [n] + Array(repeating: settings.hiddenSize, count: settings.policyHiddenLayers) + [sharesStd ? d : 2 * d], .relu)
    policyStd = sharesStd ? ParameterSet([("log_std", [d])]) : nil
    if settings.usesFlow {
      let flows = RadialFlowParameters<S>(count: settings.flows, dimensions: d)
      var generator = SeededGenerator(seed: seed, stream: RandomStream.networks.rawValue + 6)
      flows.initialize(using: &generator)
      self.flows = flows
    } else {
      flows = nil
    }
    if settings.usesProposedLeapfrog {
      let sizes = [(settings.leapfrogStateInput ? n : 0) + 2 * d, settings.leapfrogHiddenSize, d]
      leapfrog = (network(3, sizes, .elu), network(4, sizes, .elu))
    } else {
      leapfrog = nil
    }
    tempering = settings.tempering == .learned ? Tempering(steps: settings.leapfrogSteps) : nil
    cost = settings.costConstraint == nil ? nil : TargetedCritic("cost_critic", settings, seed: seed, index: 5)
  }

  /// The leapfrog networks, where a policy is known to need them.
  var proposed: (transform: MultilayerPerceptron<S>, gate: MultilayerPerceptron<S>) {
    guard let leapfrog else { trap("the proposed leapfrog needs its networks, but no policy of this agent asked for them") }
    return leapfrog
  }

  /// The flows, where a policy is known to need them.
  var radialFlows: RadialFlowParameters<S> {
    guard let flows else { trap("a flow policy needs its flows, but no policy of this agent asked for them") }
    return flows
  }

  /// Name and parameters of each, in the order of files.
  public var all: [NamedParameters<S>] {
    var all = critics.networks + [("policy", policy.parameters)]
    if let policyStd { all.append(("policy_std", policyStd)) }
    if let flows { all.append(("flow", flows.parameters)) }
    if let leapfrog {
      all += [("leapfrog_transform", leapfrog.transform.parameters), ("leapfrog_gate", leapfrog.gate.parameters)]
    }
    if let tempering { all.append(("tempering", tempering.parameters)) }
    if let cost { all += [cost.parameters, cost.targetParameters] }
    return all
  }

  /// The targets, and what they follow.
  var following: [TargetNetwork<S>] { critics.following + (cost.map { [$0.following] } ?? []) }

  /// As ``Agent/layerShapes(_:)``.
  static func layerShapes(_ settings: AgentSettings) -> [(layer: String, shape: [Int?])] {
    let hidden = settings.hiddenSize
    var shapes = TargetedCritic<S>.layerShapes("critic1", settings)
    shapes.append(("policy/0/weight", [hidden, settings.observationSize]))
    for layer in 1..<settings.policyHiddenLayers { shapes.append(("policy/\(layer)/weight", [hidden, hidden])) }
    if settings.usesProposedLeapfrog { shapes.append(("leapfrog_transform/0/weight", [settings.leapfrogHiddenSize, nil])) }
    return shapes
  }
}
