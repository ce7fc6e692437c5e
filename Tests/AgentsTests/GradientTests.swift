import LinearAlgebra
import NeuralNetworks
import TestSupport
import Testing

import Agents

/// The gradients of both losses against central differences of the losses, for every parameter of every network.
@Suite struct GradientTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let sizes: (n: Int, d: Int)
    let configure: @Sendable (inout AgentSettings) -> Void
    var testDescription: String { "\(name), \(sizes.n) observations, \(sizes.d) actions" }

    init(_ name: String, _ n: Int = 3, _ d: Int = 2, _ configure: @escaping @Sendable (inout AgentSettings) -> Void) {
      self.name = name
      sizes = (n, d)
      self.configure = configure
    }
  }

  /// Cases in which g is constant between kinks, so that the derivative taken is the derivative: everything but the conventional
  /// force in `latent`, whose chain-rule factor moves, and `latent` with more than one action, whose direction does.
  static let cases: [Case] = [
    Case("SAC, one hidden layer") { $0.sac(layers: 1) },
    Case("SAC, two hidden layers", 4, 3) { $0.sac(layers: 2) },
    Case("SAC, one action", 1, 1) { $0.sac(layers: 2) },
    Case("SAC, critics of one hidden layer") {
      $0.sac(layers: 1)
      $0.criticHiddenLayers = 1
    },
    Case("critics of three hidden layers") { $0.criticHiddenLayers = 3 },
    Case("clip, K = 1") { $0.leapfrogSteps = 1 },
    Case("clip, K = 3", 5, 3) { $0.leapfrogSteps = 3 },
    Case("clip, long steps") { $0.leapfrogStepSize = 0.8 },
    Case("clip, no state input") { $0.leapfrogStateInput = false },
    Case("reflect, K = 1", 2, 4) { ($0.boundary, $0.leapfrogSteps) = (.reflect, 1) },
    Case("reflect, K = 3, long steps") { ($0.boundary, $0.leapfrogStepSize) = (.reflect, 0.9) },
    Case("latent, K = 3", 3, 1) { ($0.boundary, $0.leapfrogSteps) = (.latent, 3) },
    Case("latent, K = 1, no state input", 2, 1) {
      ($0.boundary, $0.leapfrogSteps, $0.leapfrogStateInput) = (.latent, 1, false)
    },
    Case("online critics") { $0.hamiltonianCritic = .online },
    Case("zero momentum") { $0.momentum = .zero },
    Case("large α, small momentum deviation") { ($0.alpha, $0.momentumStdTraining) = (1.5, 0.1) },
    Case("conventional, clip") { $0.conventional() },
    Case("conventional, reflect", 4, 3) {
      $0.conventional()
      $0.boundary = .reflect
    },
    Case("Gaussian exploration, proposed training") { $0.explorationPolicy = .gaussian },
    Case("flows, σ of the state", 3, 3) { $0.flow(3, .state) },
    Case("flows, shared σ") { $0.flow(4, .shared) },
    Case("flows, one action", 2, 1) { $0.flow(2, .shared) },
    Case("safe, Gaussian") {
      $0.sac(layers: 2)
      ($0.constraint, $0.costLimit) = (.lagrangian, 1)
    },
    Case("safe, proposed") { ($0.constraint, $0.costLimit) = (.lyapunov, 1) },
    Case("safe, not normalised by its multiplier") {
      ($0.constraint, $0.costLimit) = (.lyapunov, 1)
      $0.multiplierNormalizes = false
    },
    Case("no boundary, long steps", 3, 3) { ($0.boundary, $0.leapfrogStepSize) = (.unbounded, 0.9) },
    Case("consistent mass") { ($0.mass, $0.momentumStdTraining) = (.consistent, 0.6) },
    Case("tempering, K = 1") { ($0.tempering, $0.leapfrogSteps) = (.learned, 1) },
    Case("tempering, reflect, K = 4", 4, 3) { ($0.tempering, $0.boundary, $0.leapfrogSteps) = (.learned, .reflect, 4) },
    Case("tempering, latent, consistent mass", 3, 1) { ($0.tempering, $0.boundary, $0.mass) = (.learned, .latent, .consistent) },
    Case("tempering, safe") {
      $0.tempering = .learned
      ($0.constraint, $0.costLimit) = (.lyapunov, 1)
    },
    Case("SAC, normalised critics") {
      $0.sac(layers: 2)
      $0.criticNormalization = .layer
    },
    Case("SAC, three normalised critics' layers, safe", 4, 3) {
      $0.sac(layers: 1)
      ($0.criticNormalization, $0.criticHiddenLayers) = (.layer, 3)
      ($0.constraint, $0.costLimit) = (.lagrangian, 1)
    },
    Case("one critics' layer") { $0.criticHiddenLayers = 1 },
  ]

  @Test(arguments: cases)
  func `the policy objective's gradient matches central differences`(_ example: Case) {
    let agent = makeAgent(observations: example.sizes.n, actions: example.sizes.d, example.configure)
    agent.multiplier?.restore(value: 0.8, recent: [], steps: [])
    func loss() -> Double {
      agent.setPolicyGradients()
      return agent.measured("policy_loss")
    }
    let trained = agent.trainedNetworks.filter { !$0.name.contains("critic") }
    let expected =
      switch agent.settings.trainingPolicy {
      case .proposed:
        ["policy", "leapfrog_transform", "leapfrog_gate"] + (agent.settings.tempering == .learned ? ["tempering"] : [])
      case .flow: agent.settings.flowStd == .shared ? ["policy", "policy_std", "flow"] : ["policy", "flow"]
      default: ["policy"]
      }
    #expect(trained.map(\.name) == expected)
    for network in trained {
      _ = loss()  // at the parameters themselves: the differences below end beside them
      let gradient = network.gradient().values
      #expect(gradient.array.contains { abs($0) > 1e-4 }, "\(network.name): the gradient is next to nothing")
      expectGradient(gradient, of: loss, at: network.parameters.values, "\(network.name)")
    }
  }

  @Test(arguments: cases)
  func `the critics' gradient matches central differences, targets held`(_ example: Case) {
    let agent = makeAgent(observations: example.sizes.n, actions: example.sizes.d) {
      example.configure(&$0)
      // Through the online critics y would move with them; the derivative holds y.
      $0.hamiltonianCritic = .target
    }
    func loss() -> Double {
      agent.setCriticGradients()
      return agent.measured("critic_loss") + (agent.multiplier == nil ? 0 : agent.measured("cost_critic_loss"))
    }
    for network in agent.trainedNetworks where network.name.contains("critic") {
      _ = loss()
      let gradient = network.gradient().values
      #expect(gradient.array.contains { abs($0) > 1e-3 }, "\(network.name): the gradient is next to nothing")
      expectGradient(gradient, of: loss, at: network.parameters.values, "\(network.name)")
    }
  }

  @Test func `log σ outside its bounds gets no gradient`() {
    let agent = makeAgent { $0.sac(layers: 1) }
    let bias = agent.parts.policy.layers[1].bias
    bias[2] = 60  // log σ of the first action, above 2
    bias[3] = -90  // of the second, below −20
    agent.setPolicyGradients()
    let gradient = agent.trainedNetworks.first { $0.name == "policy" }.map { $0.gradient() }
    let biasGradient = gradient.map { $0.values(of: $0.tensors[3]).array } ?? []
    #expect(biasGradient.count == 4 && biasGradient[2] == 0 && biasGradient[3] == 0)
    #expect(biasGradient.prefix(2).allSatisfy { $0 != 0 })
  }
}

extension AgentSettings {
  mutating func sac(layers: Int) {
    (self.explorationPolicy, self.trainingPolicy, self.policyHiddenLayers) = (.gaussian, .gaussian, layers)
  }

  mutating func flow(_ count: Int, _ std: FlowStd) {
    (self.explorationPolicy, self.trainingPolicy, self.flows, self.flowStd) = (.flow, .flow, count, std)
  }

  mutating func conventional() {
    (self.explorationPolicy, self.trainingPolicy, self.leapfrogStepSize) = (.conventional, .conventional, 0.1)
  }
}
