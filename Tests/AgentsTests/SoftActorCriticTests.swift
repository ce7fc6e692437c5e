import LinearAlgebra
import NeuralNetworks
import Random
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
    let policy = agent.parts.policy
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
        let xi = agent.updateNoise.next.action[row, j]
        let u = head[j] + exp(head[2 + j]) * xi
        action.append(tanh(u))
        logProbability += -0.5 * xi * xi - head[2 + j] - 0.5 * log(2 * Double.pi) - log(1 - tanh(u) * tanh(u))
      }
      let value = min(
        plainCritic(agent.parts.critics.first.target, next + action), plainCritic(agent.parts.critics.second.target, next + action))
      let y = batch.rewards[row] + 0.99 * (1 - batch.terminals[row]) * (value - 0.2 * logProbability)
      let stateAction = batch.stateActions.row(row).array
      loss1 += pow(plainCritic(agent.parts.critics.first.online, stateAction) - y, 2) / Double(batch.size)
      loss2 += pow(plainCritic(agent.parts.critics.second.online, stateAction) - y, 2) / Double(batch.size)
    }
    let found1 = agent.lanes.mean { $0.critics.first.squaredError }
    let found2 = agent.lanes.mean { $0.critics.second.squaredError }
    #expect(abs(found1 - loss1) < 1e-10 * loss1)
    #expect(abs(found2 - loss2) < 1e-10 * loss2)
  }

  @Test func `the momentum terms of the target are there only when asked for`() throws {
    func target(_ configure: (inout AgentSettings) -> Void) throws -> (y: [Double], kinetic: [Double]) {
      let agent = makeAgent(lanes: 1, configure)
      agent.setCriticGradients()
      let lane = agent.lanes.all[0]
      let beta = 1 / (0.7 * 0.7)
      let momentum = try #require(lane.policy.momentum)
      func squares(_ p: Matrix<Double>) -> [Double] { p.array.map { $0.map { $0 * $0 }.reduce(0, +) } }
      let kinetic = zip(squares(momentum.current), squares(momentum.initial)).map { 0.2 * beta / 2 * ($0 - $1) }
      return (lane.targets.array, kinetic)
    }
    let with = try target { $0.momentumInValue = true }
    let without = try target { $0.momentumInValue = false }
    for row in 0..<6 {
      let expected = row % 3 == 1 ? 0 : 0.99 * with.kinetic[row]
      #expect(abs(without.y[row] - with.y[row] - expected) < 1e-12)
    }
    #expect(with.kinetic.contains { abs($0) > 1e-3 })
  }

  @Test func `targets follow the online critics by Polyak's rule after every update`() throws {
    let agent = makeAgent { $0.tau = 0.25 }
    let before = agent.parts.critics.first.target.parameters.values.array
    try agent.update()
    let online = agent.parts.critics.first.online.parameters.values.array
    for (index, value) in agent.parts.critics.first.target.parameters.values.array.enumerated() {
      #expect(abs(value - (0.75 * before[index] + 0.25 * online[index])) < 1e-12)
    }
  }

  @Test func `the same seed gives the same numbers on any number of threads, bit for bit`() throws {
    for lanes in [2, 3] {
      func trained(threads: Int) throws -> [[Float]] {
        let agent = makeAgent(Float.self, batch: 33, lanes: lanes, threads: threads)
        for _ in 0..<20 { try agent.update() }
        return agent.networks.map { $0.parameters.values.array }
      }
      let one = try trained(threads: 1)
      #expect(try trained(threads: 2) == one)
      #expect(try trained(threads: 3) == one)
    }
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

  @Test func `an update tells its observer of every phase, in Algorithm 1's order`() throws {
    final class Listener: UpdateObserver {
      var heard: [String] = []
      func phaseBegan(_ name: String) { heard.append("\(name) begins") }
      func phaseEnded(_ name: String) { heard.append("\(name) ends") }
    }
    let agent = makeAgent()
    let listener = Listener()
    agent.observer = listener
    try agent.update()
    let phases = ["noise", "critic gradients", "critic steps", "policy gradients", "policy steps", "target averages"]
    #expect(listener.heard == phases.flatMap { ["\($0) begins", "\($0) ends"] })
  }

  @Test func `the products of an update are counted layer by layer`() {
    // n = 3, d = 2, hidden 12, batch 6, leapfrog networks of 7, K = 3; per row and in multiplications.
    func expect(_ perRow: [Int], _ configure: (inout AgentSettings) -> Void) {
      let settings = makeAgent(configure).settings
      #expect(SoftActorCritic<Double>.operationsPerUpdate(settings) == Double(2 * 6 * perRow.reduce(0, +)))
    }
    let (policy, policyBack) = (3 * 12 + 12 * 12 + 12 * 4, 3 * 12 + 2 * 12 * 12 + 2 * 12 * 4)
    let (critic, criticBack) = (5 * 12 + 12 * 12 + 12, 5 * 12 + 2 * 12 * 12 + 2 * 12)
    let slope = 12 * 12 + 12 * 2
    expect([2 * policy, policyBack, 2 * (critic + criticBack), 2 * critic, 2 * critic, slope]) { $0.sac(layers: 2) }
    // One hidden layer in the policy; four evaluations of the force on s′ and on s, the state's share of first layers once.
    let (short, shortBack) = (3 * 12 + 12 * 4, 3 * 12 + 2 * 12 * 4)
    let climb = 2 * 3 * 12 + 4 * (2 * (2 * 12 + 12 * 12 + 12) + slope)
    let force = 2 * (3 * 7 + 4 * (4 * 7 + 7 * 2))
    // The weights of both layers, the hidden units, and of the inputs the action alone: the critics' gradient is held constant.
    let forceBack = 2 * (3 * 7 + 4 * (4 * 7 + 7 * 2 + 7 * 2 + 2 * 7))
    expect([2 * short, shortBack, 2 * (critic + criticBack), 2 * climb, 2 * force, forceBack]) { _ in }
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
    let actor = agent.makeActor()
    let state = [0.25, -0.5, 0.75]
    var action: [Float] = [0, 0], again: [Float] = [0, 0]
    var generator = SeededGenerator(seed: 1), other = SeededGenerator(seed: 2)
    try actor.exploit(state, into: &action, using: &generator)
    // What explored in between leaves nothing behind, and no number is drawn.
    try actor.explore(state, into: &again, using: &other)
    #expect(again != action)
    try actor.exploit(state, into: &again, using: &other)
    #expect(action == again && generator == SeededGenerator(seed: 1))
    for (column, value) in state.enumerated() { agent.minibatch.observations[0, column] = value }
    agent.updateNoise.now.action.fill(0)
    agent.updateNoise.now.momentum.fill(0)
    agent.setPolicyGradients()
    let expected = agent.lanes.all[0].policy.action.row(0).array.map { Float($0) }
    #expect(action == expected)
    #expect(agent.lanes.all[0].policy.baseAction.row(0).array.map { Float($0) } != expected)
  }
}
