import Agents
import Experience
import LinearAlgebra
import NeuralNetworks
import Random
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// TD3 and IAPO as agents: formulas, gradients, and that they learn.
@Suite struct OtherAgentsTests {
  /// A small agent whose networks are far from trivial, with a filled minibatch and drawn noise.
  private func make<A: Agent>(
    _ type: A.Type, observations n: Int = 3, actions d: Int = 2, batch: Int = 6, lanes: Int = 1, threads: Int = 1,
    _ configure: (inout AgentSettings) -> Void = { _ in }
  ) -> A {
    var settings = AgentSettings(observationSize: n, actionSize: d)
    (settings.batchSize, settings.lanes, settings.hiddenSize) = (batch, lanes, 10)
    (settings.policyHiddenLayers, settings.iterations, settings.actionSamples) = (2, 3, 4)
    configure(&settings)
    let agent = A(settings, seed: 1, pool: WorkerPool(threads: threads))
    var generator = SeededGenerator(seed: 101)
    for (name, parameters) in agent.networks where name != "iteration_noise" {
      for index in 0..<parameters.count {
        parameters.values[index] += A.S(generator.uniform(-0.3, 0.3) * (name.hasPrefix("target") ? 1 : 0.7))
      }
    }
    let minibatch = agent.minibatch
    for values in [minibatch.stateActions.elements, minibatch.nextObservations.elements, minibatch.rewards] {
      for index in 0..<values.count { values[index] = A.S(generator.uniform(-1, 1)) }
    }
    for row in 0..<batch { minibatch.terminals[row] = row % 3 == 1 ? 1 : 0 }
    for (_, values) in agent.noise { values.fillStandardNormal(using: &generator) }
    return agent
  }

  private func output(_ network: MultilayerPerceptron<Double>, _ input: [Double]) -> [Double] {
    let tape = MultilayerPerceptron.Tape(network, rows: 1)
    network.forward(Matrix([input]), tape)
    return tape.output.row(0).array
  }

  private func measured(_ agent: any Agent<Double>, _ name: String) -> Double {
    agent.report.take()
    return agent.report[name] ?? .nan
  }

  @Test func `TD3's y and policy loss are the formulas, computed row by row`() throws {
    // Noise that reaches its clip and actions that reach the walls.
    let agent = make(TwinDelayedPolicyGradient<Double>.self, batch: 24) { ($0.targetNoise, $0.targetNoiseClip) = (0.6, 0.5) }
    let (parts, batch) = (agent.parts, agent.minibatch)
    parts.targetPolicy.layers[2].bias[0] += 1.5
    let noise = try #require(agent.noise.first { $0.name == "next_policy_noise" }).values
    let report = agent.probe(given: ["next_policy_noise"])
    func tensor(_ name: String) throws -> [Double] { try #require(report.tensors.first { $0.name == name }).values }
    let (y, actions) = (try tensor("target_value"), try tensor("next_action"))
    var (objective, cuts) = (0.0, (noise: 0, box: 0))
    for row in 0..<24 {
      let next = batch.nextObservations.row(row).array
      let action = zip(output(parts.targetPolicy, next), noise.row(row).array).enumerated().map { index, pair -> Double in
        let clipped = min(max(0.6 * pair.1, -0.5), 0.5)
        cuts.noise += abs(0.6 * pair.1) > 0.5 ? 1 : 0
        cuts.box += abs(tanh(pair.0) + clipped) > 1 ? 1 : 0
        return min(max(tanh(pair.0) + clipped, -1), 1)
      }
      let value = min(output(parts.critics.first.target, next + action)[0], output(parts.critics.second.target, next + action)[0])
      #expect(abs(y[row] - (batch.rewards[row] + 0.99 * (1 - batch.terminals[row]) * value)) < 1e-12)
      for j in 0..<2 { #expect(abs(actions[2 * row + j] - action[j]) < 1e-14) }
      let s = batch.observations.row(row).array
      objective += output(parts.critics.first.online, s + output(parts.policy, s).map { tanh($0) })[0] / 24
    }
    #expect(cuts.noise > 0 && cuts.box > 0)
    #expect(abs(try #require(report.scalars.first { $0.name == "policy_loss" }).value + objective) < 1e-12)
  }

  @Test(arguments: [1, 3], [CriticNormalization.none, .layer])
  func `TD3's gradients match central differences`(_ lanes: Int, _ normalization: CriticNormalization) {
    let agent = make(TwinDelayedPolicyGradient<Double>.self, lanes: lanes) { $0.criticNormalization = normalization }
    #expect(agent.trainedNetworks.map(\.name) == ["critic1", "critic2", "policy"])
    for network in agent.trainedNetworks {
      func loss() -> Double {
        if network.name == "policy" { agent.setPolicyGradients() } else { agent.setCriticGradients() }
        return measured(agent, network.name == "policy" ? "policy_loss" : "critic_loss")
      }
      _ = loss()
      let gradient = network.gradient().values
      #expect(gradient.array.contains { abs($0) > 1e-3 }, "\(network.name): the gradient is next to nothing")
      expectGradient(gradient, of: loss, at: network.parameters.values, "\(network.name)")
    }
  }

  @Test func `TD3's policy and all targets move every second update`() throws {
    let agent = make(TwinDelayedPolicyGradient<Double>.self)
    func values(_ names: [String]) -> [[Double]] {
      names.map { name in agent.networks.first { $0.name == name }.map { $0.parameters.values.array } ?? [] }
    }
    let delayed = ["policy", "target_policy", "target_critic1", "target_critic2"]
    for turn in 1...4 {
      let (before, critics) = (values(delayed), values(["critic1", "critic2"]))
      try agent.update()
      #expect(zip(values(delayed), before).allSatisfy { ($0 != $1) == (turn % 2 == 0) }, "update \(turn)")
      #expect(zip(values(["critic1", "critic2"]), critics).allSatisfy { $0 != $1 })
    }
  }

  @Test func `TD3 explores with Gaussian noise on its deterministic action, cut to the box`() throws {
    let agent = make(TwinDelayedPolicyGradient<Double>.self) { $0.explorationNoise = 0.4 }
    let actor = agent.makeActor()
    var generator = SeededGenerator(seed: 2), copy = generator
    var action: [Float] = [0, 0], judged: [Float] = [0, 0]
    let state = [0.5, -0.25, 1]
    let mean = output(agent.parts.policy, state).map { tanh($0) }
    try actor.exploit(state, into: &judged, using: &generator)
    #expect(judged == mean.map { Float($0) } && generator == copy)
    for _ in 0..<20 {
      try actor.explore(state, into: &action, using: &generator)
      let noise = Matrix<Double>(rows: 1, columns: 2)
      noise.fillStandardNormal(using: &copy)
      for j in 0..<2 { #expect(abs(Double(action[j]) - min(max(mean[j] + 0.4 * noise[0, j], -1), 1)) < 1e-7) }
    }
  }

  @Test func `IAPO's y is what the first sample of its last iteration is worth, soft and pessimistic`() throws {
    let agent = make(IterativePolicyOptimization<Double>.self) { ($0.pessimism, $0.alpha) = (0.8, 0.3) }
    let (batch, critics) = (agent.minibatch, agent.parts.critics)
    let report = agent.probe(given: [])
    func tensor(_ name: String) throws -> [Double] { try #require(report.tensors.first { $0.name == name }).values }
    let (y, actions, logs) = (try tensor("target_value"), try tensor("next_action"), try tensor("next_log_prob"))
    for row in 0..<6 {
      let sa = batch.nextObservations.row(row).array + actions[2 * row..<2 * row + 2]
      let (q1, q2) = (output(critics.first.target, sa)[0], output(critics.second.target, sa)[0])
      let value = (q1 + q2) / 2 - 0.8 * abs(q1 - q2) / 2.0.squareRoot() - 0.3 * (logs[row] + 2 * log(2))
      #expect(abs(y[row] - (batch.rewards[row] + 0.99 * (1 - batch.terminals[row]) * value)) < 1e-12)
    }
  }

  @Test(arguments: [1, 3])
  func `IAPO's critics' gradients match central differences, targets held`(_ lanes: Int) {
    let agent = make(IterativePolicyOptimization<Double>.self, lanes: lanes)
    for network in agent.trainedNetworks where network.name != "iterative" {
      func loss() -> Double {
        agent.setCriticGradients()
        return measured(agent, "critic_loss")
      }
      _ = loss()
      expectGradient(network.gradient().values, of: loss, at: network.parameters.values, "\(network.name)")
    }
  }

  @Test func `lanes change IAPO's sums only by rounding`() {
    func gradients(lanes: Int) -> [Double] {
      let agent = make(IterativePolicyOptimization<Double>.self, batch: 7, lanes: lanes)
      agent.setCriticGradients()
      agent.setPolicyGradients()
      return agent.trainedNetworks.flatMap { $0.gradient().values.array } + [measured(agent, "policy_loss"), measured(agent, "log_prob")]
    }
    let one = gradients(lanes: 1)
    for lanes in [2, 7] { for (a, b) in zip(one, gradients(lanes: lanes)) { #expect(abs(a - b) < 1e-11) } }
  }

  @Test func `IAPO's evaluation draws nothing: the same state, the same action; its exploration samples`() throws {
    let agent = make(IterativePolicyOptimization<Double>.self)
    let actor = agent.makeActor()
    var first: [Float] = [0, 0], second: [Float] = [0, 0]
    var generator = SeededGenerator(seed: 1), other = SeededGenerator(seed: 2)
    try actor.exploit([0.3, -0.2, 0.5], into: &first, using: &generator)
    try actor.explore([0.3, -0.2, 0.5], into: &second, using: &other)
    #expect(first != second && other != SeededGenerator(seed: 2))
    try actor.exploit([0.3, -0.2, 0.5], into: &second, using: &other)
    #expect(first == second && generator == SeededGenerator(seed: 1))
    try actor.exploit([0.3, -0.2, 0.25], into: &second, using: &other)
    #expect(first != second)
  }

  private func expectSameBits<A: Agent>(_ type: A.Type) throws where A.S == Float {
    func trained(threads: Int) throws -> [[Float]] {
      let agent = make(type, batch: 33, lanes: 3, threads: threads)
      for _ in 0..<12 { try agent.update() }
      return agent.networks.map { $0.parameters.values.array } + [agent.report.values.map { Float($0) }]
    }
    let one = try trained(threads: 1)
    #expect(try trained(threads: 2) == one)
    #expect(one.joined().allSatisfy { $0.isFinite })
  }

  @Test func `the same seed gives the same numbers on any number of threads, bit for bit`() throws {
    try expectSameBits(TwinDelayedPolicyGradient<Float>.self)
    try expectSameBits(IterativePolicyOptimization<Float>.self)
  }

  /// Learns r = −(a − s/2)² as a one-step problem; the mean distance of its actions from s/2.
  private func distance<A: Agent>(_ type: A.Type, updates: Int, learningRate: Double) throws -> Double where A.S == Float {
    let agent = make(type, observations: 1, actions: 1, batch: 64) {
      ($0.hiddenSize, $0.learningRate, $0.alpha, $0.tau) = (32, learningRate, 0.01, 0.05)
    }
    var generator = SeededGenerator(seed: 4)
    let batch = agent.minibatch
    batch.terminals.fill(1)
    for _ in 0..<updates {
      for row in 0..<batch.size {
        let (s, a) = (generator.uniform(-1, 1), generator.uniform(-1, 1))
        (batch.observations[row, 0], batch.actions[row, 0]) = (Float(s), Float(a))
        batch.rewards[row] = Float(-4 * (a - s / 2) * (a - s / 2))
      }
      try agent.update()
    }
    let actor = agent.makeActor()
    var action: [Float] = [0]
    return try (0..<21).map { index in
      let s = Double(index) / 10 - 1
      try actor.exploit([s], into: &action, using: &generator)
      return abs(Double(action[0]) - s / 2)
    }.reduce(0, +) / 21
  }

  @Test func `TD3 learns a one-step problem`() throws {
    // Without learning the distance is that of 0, 0.26, or more.
    let found = try distance(TwinDelayedPolicyGradient<Float>.self, updates: 800, learningRate: 3e-3)
    #expect(found < 0.08, "\(found)")
  }

  @Test func `IAPO learns a one-step problem`() throws {
    let found = try distance(IterativePolicyOptimization<Float>.self, updates: 400, learningRate: 3e-3)
    #expect(found < 0.08, "\(found)")
  }
}
