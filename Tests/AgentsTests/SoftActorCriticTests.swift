import LinearAlgebra
import NeuralNetworks
import Testing

import Agents

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct SoftActorCriticTests {
  /// Two hidden layers of ReLU, one row, in plain loops.
  private func plainCritic(_ network: MultilayerPerceptron<Double>, _ x: [Double]) -> Double {
    var x = x
    for (index, layer) in network.layers.enumerated() {
      x = (0..<layer.outputs).map { row in
        let sum = layer.bias[row] + (0..<layer.inputs).map { layer.weight[row, $0] * x[$0] }.reduce(0, +)
        return index < network.layers.count - 1 ? max(sum, 0) : sum
      }
    }
    return x[0]
  }

  @Test func `SAC's targets and critic loss are the formulas, computed row by row`() {
    let agent = makeAgent { $0.sac(layers: 1) }
    agent.setCriticGradients()
    let policy = agent.networks.policy
    let batch = agent.minibatch
    var loss1 = 0.0, loss2 = 0.0
    for row in 0..<batch.size {
      let next = batch.nextObservations.row(row).array
      let hidden = (0..<12).map { unit in
        max(0, policy.layers[0].bias[unit] + (0..<3).map { policy.layers[0].weight[unit, $0] * next[$0] }.reduce(0, +))
      }
      let head = (0..<4).map { out in
        policy.layers[1].bias[out] + (0..<12).map { policy.layers[1].weight[out, $0] * hidden[$0] }.reduce(0, +)
      }
      var logProbability = 0.0
      var action: [Double] = []
      for j in 0..<2 {
        let xi = agent.noise.nextPolicy[row, j]
        let u = head[j] + exp(head[2 + j]) * xi
        action.append(tanh(u))
        logProbability += -0.5 * xi * xi - head[2 + j] - 0.5 * log(2 * Double.pi) - log(1 - tanh(u) * tanh(u))
      }
      let value = min(
        plainCritic(agent.networks.targetCritic1, next + action), plainCritic(agent.networks.targetCritic2, next + action))
      let y = batch.rewards[row] + 0.99 * (1 - batch.terminals[row]) * (value - 0.2 * logProbability)
      let stateAction = batch.stateActions.row(row).array
      loss1 += pow(plainCritic(agent.networks.critic1, stateAction) - y, 2) / Double(batch.size)
      loss2 += pow(plainCritic(agent.networks.critic2, stateAction) - y, 2) / Double(batch.size)
    }
    let metrics = agent.metrics()
    #expect(abs(metrics.critic1Loss - loss1) < 1e-10 * loss1)
    #expect(abs(metrics.critic2Loss - loss2) < 1e-10 * loss2)
  }

  @Test func `the momentum terms of the target are there only when asked for`() {
    func target(_ configure: (inout AgentSettings) -> Void) -> (y: [Double], kinetic: [Double]) {
      let agent = makeAgent(lanes: 1, configure)
      agent.setCriticGradients()
      let lane = agent.lanes[0]
      let beta = 1 / (0.7 * 0.7)
      let kinetic = zip(lane.squaredMomentum.array, lane.squaredInitialMomentum.array).map { 0.2 * beta / 2 * ($0 - $1) }
      return (lane.targets.array, kinetic)
    }
    let with = target { $0.momentumInValue = true }
    let without = target { $0.momentumInValue = false }
    for row in 0..<6 {
      let expected = row % 3 == 1 ? 0 : 0.99 * with.kinetic[row]
      #expect(abs(without.y[row] - with.y[row] - expected) < 1e-12)
    }
    #expect(with.kinetic.contains { abs($0) > 1e-3 })
  }

  @Test func `targets follow the online critics by Polyak's rule after every update`() throws {
    let agent = makeAgent { $0.tau = 0.25 }
    let before = agent.networks.targetCritic1.parameters.values.array
    _ = try agent.update()
    let online = agent.networks.critic1.parameters.values.array
    for (index, value) in agent.networks.targetCritic1.parameters.values.array.enumerated() {
      #expect(abs(value - (0.75 * before[index] + 0.25 * online[index])) < 1e-12)
    }
  }

  @Test func `the same seed gives the same numbers on any number of threads, bit for bit`() throws {
    func trained(threads: Int) throws -> [[Float]] {
      let agent = makeAgent(Float.self, batch: 33, threads: threads)
      for _ in 0..<20 { _ = try agent.update() }
      return agent.networks.all.map { $0.parameters.values.array }
    }
    let one = try trained(threads: 1)
    #expect(try trained(threads: 2) == one)
    #expect(try trained(threads: 3) == one)
  }

  @Test func `lanes change sums only by rounding`() {
    func gradients(lanes: Int) -> [[Double]] {
      let agent = makeAgent(batch: 7, lanes: lanes)
      agent.setCriticGradients()
      agent.setPolicyGradients()
      return agent.trainedNetworks.map { $0.gradient().values.array }
    }
    let one = gradients(lanes: 1)
    for lanes in [2, 3, 7] {
      for (a, b) in zip(one.flatMap { $0 }, gradients(lanes: lanes).flatMap { $0 }) { #expect(abs(a - b) < 1e-12) }
    }
  }

  @Test func `a learned temperature falls while entropy is above its target and rises below it`() {
    for (logProbability, grows) in [(-5.0, false), (9.0, true)] {
      let temperature = Temperature(rule: .auto, initial: 0.2, actionSize: 3, learningRate: 0.01)
      temperature.update(meanLogProbability: logProbability)
      // Adam's first step is the learning rate in log α, whatever the gradient's size.
      #expect(abs(temperature.logAlpha - log(0.2) - (grows ? 0.01 : -0.01)) < 1e-8)
    }
    let fixed = Temperature(rule: .fixed, initial: 0.2, actionSize: 3, learningRate: 0.01)
    fixed.update(meanLogProbability: 5)
    #expect(fixed.alpha == 0.2)
  }

  @Test func `a loss that is not finite is reported, not passed on`() {
    let agent = makeAgent()
    agent.minibatch.rewards[2] = .nan
    #expect(throws: AgentError.self) { try agent.update() }
    let message = AgentError.diverged(quantity: "critic loss", value: .nan).description
    #expect(
      message
        == "the critic loss became nan: learning has diverged; a smaller learning_rate or leapfrog_step_size may help")
  }

  @Test func `without momentum noise the evaluation action is tanh of the mean, evolved`() throws {
    let agent = makeAgent(batch: 1, lanes: 1)
    let actor = Actor(agent)
    let state = [0.25, -0.5, 0.75]
    var action: [Float] = [0, 0], again: [Float] = [0, 0]
    try actor.exploit(state, into: &action)
    try actor.exploit(state, into: &again)
    #expect(action == again)
    for (column, value) in state.enumerated() { agent.minibatch.observations[0, column] = value }
    agent.noise.policy.fill(0)
    agent.noise.momentum.fill(0)
    agent.setPolicyGradients()
    let expected = agent.lanes[0].policy.action.row(0).array.map { Float($0) }
    #expect(action == expected)
    #expect(agent.lanes[0].policy.baseAction.row(0).array.map { Float($0) } != expected)
  }
}
