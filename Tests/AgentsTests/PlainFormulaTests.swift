import Agents
import LinearAlgebra
import NeuralNetworks
import Random
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// The Hamiltonian policy recomputed in plain loops from the paper's formulas, one row at a time, with ∇Q by differences: nothing
/// here knows how the agent computes.
@Suite struct PlainFormulaTests {
  struct Row {
    var baseAction: [Double]
    var action: [Double]
    var momentum: [Double]
    var squaredInitialMomentum: Double
    var logProbability: Double
  }

  /// A perceptron on one input.
  func output(_ network: MultilayerPerceptron<Double>, _ input: [Double]) -> [Double] {
    var x = input
    for (index, layer) in network.layers.enumerated() {
      let isLast = index == network.layers.count - 1
      x = (0..<layer.outputs).map { row in
        let sum = layer.bias[row] + (0..<layer.inputs).map { layer.weight[row, $0] * x[$0] }.reduce(0, +)
        return sum
      }
      if isLast { break }
      if network.isNormalized {
        let normalization = network.normalizations[index]
        let mean = x.reduce(0, +) / Double(x.count)
        let variance = x.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(x.count)
        x = x.indices.map {
          (x[$0] - mean) / (variance + 1e-5).squareRoot() * normalization.scale[$0] + normalization.shift[$0]
        }
      }
      x = x.map { network.activation == .relu ? max($0, 0) : ($0 > 0 ? $0 : exp($0) - 1) }
    }
    return x
  }

  func targetMinimum(_ agent: SoftActorCritic<Double>, _ s: [Double], _ a: [Double]) -> Double {
    min(output(agent.parts.critics.first.target, s + a)[0], output(agent.parts.critics.second.target, s + a)[0])
  }

  func onlineMinimum(_ agent: SoftActorCritic<Double>, _ s: [Double], _ a: [Double]) -> Double {
    min(output(agent.parts.critics.first.online, s + a)[0], output(agent.parts.critics.second.online, s + a)[0])
  }

  /// What an evolved action climbs: min Q̄, for a safe agent less λQ̄_C.
  func value(_ agent: SoftActorCritic<Double>, _ s: [Double], _ a: [Double]) -> Double {
    let q = targetMinimum(agent, s, a)
    guard let cost = agent.parts.cost, let multiplier = agent.multiplier else { return q }
    return q - multiplier.value * output(cost.target, s + a)[0]
  }

  /// ∇ of f by central differences; exact to rounding where f is piecewise linear.
  func gradient(_ f: ([Double]) -> Double, _ x: [Double]) -> [Double] {
    x.indices.map { index in
      var up = x, down = x
      up[index] += 1e-6
      down[index] -= 1e-6
      return (f(up) - f(down)) / 2e-6
    }
  }

  /// ∇Q wherever the leapfrog asked for it, to be given again unchanged: a constant in whatever is differentiated.
  final class HeldSlopes {
    private var slopes: [[Double]] = []
    private var next = 0
    private var isRecorded = false

    func replay() { (next, isRecorded) = (0, true) }

    func slope(_ compute: () -> [Double]) -> [Double] {
      if !isRecorded { slopes.append(compute()) }
      next += 1
      return isRecorded ? slopes[next - 1] : slopes[slopes.count - 1]
    }
  }

  /// Algorithm 2 with equation 13 or 9; with `freshNoise`, Algorithm 3's noise after each step but the last.
  func evolve(
    _ agent: SoftActorCritic<Double>, _ s: [Double], noise: [Double], momentumNoise: [Double], std: Double? = nil,
    kind: PolicyKind? = nil, steps: Int? = nil, gain: Double = 1, freshNoise: [[Double]] = [], held: HeldSlopes? = nil
  ) -> Row {
    let settings = agent.settings
    let d = settings.actionSize
    let head = output(agent.parts.policy, s)
    var u = (0..<d).map { head[$0] + exp(head[d + $0]) * noise[$0] }
    var logProbability = (0..<d).map { -noise[$0] * noise[$0] / 2 - head[d + $0] - log(2 * Double.pi) / 2 }.reduce(0, +)
    let isLatent = settings.boundary == .latent
    func q(_ x: [Double]) -> Double { value(agent, s, isLatent ? x.map { tanh($0) } : x) }
    let std = std ?? settings.momentumStdTraining
    let strength = gain * (settings.mass == .consistent ? std * std : 1)
    func force(_ x: [Double]) -> [Double] { plainForce(x).map { strength * $0 } }
    func plainForce(_ x: [Double]) -> [Double] {
      let slope = held?.slope { gradient(q, x) } ?? gradient(q, x)
      if (kind ?? settings.trainingPolicy) == .conventional { return slope.map { -$0 / settings.alpha } }
      guard let networks = agent.parts.leapfrog else { return [] }
      let norm = slope.map { $0 * $0 }.reduce(0, +).squareRoot()
      let g = slope.map { -$0 / norm }
      let input = (settings.leapfrogStateInput ? s : []) + x + g
      let gate = output(networks.gate, input).map { 1 / (1 + exp(-$0)) }
      let transform = output(networks.transform, input)
      return (0..<d).map { gate[$0] * g[$0] + (1 - gate[$0]) * transform[$0] }
    }
    let baseAction = u.map { tanh($0) }
    if !isLatent { logProbability -= baseAction.map { log(1 - $0 * $0) }.reduce(0, +) }
    var x = isLatent ? u : baseAction
    var p = momentumNoise.map { std * $0 }
    let squaredInitialMomentum = p.map { $0 * $0 }.reduce(0, +)
    let e = settings.leapfrogStepSize
    for step in 0..<(steps ?? settings.leapfrogSteps) {
      // Algorithm 3, after a refused action.
      if step > 0 && !freshNoise.isEmpty { p = zip(p, freshNoise[step - 1]).map { $0 + std * $1 } }
      p = zip(p, force(x)).map { $0 - e / 2 * $1 }
      for j in 0..<d {
        x[j] += e * p[j]
        if settings.boundary == .clip { x[j] = min(max(x[j], -1), 1) }
        if settings.boundary == .reflect {
          while abs(x[j]) > 1 {
            x[j] = x[j] > 1 ? 2 - x[j] : -2 - x[j]
            p[j] = -p[j]
          }
        }
      }
      p = zip(p, force(x)).map { $0 - e / 2 * $1 }
      if let tempering = agent.parts.tempering {
        let tau = 1 / (1 + exp(-tempering.parameters.values[min(step, tempering.parameters.count - 1)]))
        p = p.map { tau * $0 }
        logProbability -= Double(d) * log(tau)
      }
    }
    u = x
    if isLatent { logProbability -= u.map { log(1 - tanh($0) * tanh($0)) }.reduce(0, +) }
    return Row(
      baseAction: baseAction, action: isLatent ? u.map { tanh($0) } : x, momentum: p,
      squaredInitialMomentum: squaredInitialMomentum, logProbability: logProbability)
  }

  @Test(arguments: Boundary.allCases, [PolicyKind.proposed, .conventional])
  func `a_K, p_K, log π, y and J are the paper's formulas, computed row by row`(_ boundary: Boundary, _ kind: PolicyKind) throws {
    for steps in [1, 3] {
      try expectFormulas("\(kind), \(boundary), K = \(steps)") {
        ($0.explorationPolicy, $0.trainingPolicy) = (.policy(kind), kind)
        ($0.boundary, $0.leapfrogSteps, $0.leapfrogStepSize) = (boundary, steps, kind == .proposed ? 0.35 : 0.1)
      }
    }
  }

  @Test(arguments: [Boundary.clip, .reflect, .latent, .unbounded])
  func `so they are with mass, tempering and normalised critics`(_ boundary: Boundary) throws {
    try expectFormulas("consistent mass, \(boundary)") { ($0.mass, $0.boundary) = (.consistent, boundary) }
    try expectFormulas("tempering, \(boundary)") { ($0.tempering, $0.boundary) = (.learned, boundary) }
    try expectFormulas("all of it, \(boundary)") {
      ($0.mass, $0.tempering, $0.criticNormalization, $0.boundary) = (.consistent, .learned, .layer, boundary)
      $0.criticHiddenLayers = 3
    }
  }

  private func expectFormulas(_ name: String, _ configure: (inout AgentSettings) -> Void) throws {
    let agent = makeAgent(observations: 4, actions: 3, lanes: 1, configure)
    let settings = agent.settings
    let beta = 1 / (settings.momentumStdTraining * settings.momentumStdTraining)
    let lane = agent.lanes.all[0]
    let batch = agent.minibatch
    func expectClose(_ found: Double, _ expected: Double, _ what: String) {
      // ∇Q by differences is good to about 1e-9; divided by α and carried over K steps, to 1e-7.
      #expect(abs(found - expected) < 1e-6 * max(1, abs(expected)), "\(what), \(name)")
    }
    agent.setCriticGradients()
    for row in 0..<batch.size {
      let s = batch.nextObservations.row(row).array
      let next = evolve(
        agent, s, noise: agent.updateNoise.next.action.row(row).array, momentumNoise: agent.updateNoise.next.momentum.row(row).array)
      for j in 0..<3 { expectClose(lane.policy.action[row, j], next.action[j], "a'_K") }
      let gain = settings.alpha * beta / 2 * (next.momentum.map { $0 * $0 }.reduce(0, +) - next.squaredInitialMomentum)
      let kinetic = settings.momentumInValue ? gain : 0
      let future = value(agent, s, next.action) - settings.alpha * next.logProbability - kinetic
      expectClose(lane.targets[row], batch.rewards[row] + 0.99 * (1 - batch.terminals[row]) * future, "y")
    }
    agent.setPolicyGradients()
    let momentum = try #require(lane.policy.momentum).current
    var objective = 0.0
    for row in 0..<batch.size {
      let s = batch.observations.row(row).array
      let now = evolve(
        agent, s, noise: agent.updateNoise.now.action.row(row).array, momentumNoise: agent.updateNoise.now.momentum.row(row).array)
      for j in 0..<3 {
        expectClose(lane.policy.baseAction[row, j], now.baseAction[j], "a₀")
        expectClose(lane.policy.action[row, j], now.action[j], "a_K")
        expectClose(momentum[row, j], now.momentum[j], "p_K")
      }
      expectClose(lane.policy.logProbability[row], now.logProbability, "log π")
      objective += value(agent, s, now.action) - settings.alpha * now.logProbability
      objective -= settings.alpha * beta / 2 * now.momentum.map { $0 * $0 }.reduce(0, +)
    }
    expectClose(agent.measured("policy_loss"), -objective / Double(batch.size), "−J")
  }

  /// The largest difference seen, relative where numbers are large.
  private struct Worst {
    private(set) var error = 0.0
    private(set) var place = "nowhere"

    mutating func compare(_ found: Double, _ expected: Double, _ place: String) {
      let difference = abs(found - expected) / max(1, abs(expected))
      if difference.isNaN || difference > error { (error, self.place) = (difference.isNaN ? .infinity : difference, place) }
    }
  }

  @Test(arguments: [PolicyKind.gaussian, .proposed], [(CostKind.average, true), (.sum, false)])
  func `a safe agent's y, y_C and J with Q − λQ_C are the formulas, computed row by row`(
    _ kind: PolicyKind, _ rules: (cost: CostKind, normalizes: Bool)
  ) throws {
    let agent = makeAgent(observations: 4, actions: 3, lanes: 1) {
      ($0.explorationPolicy, $0.trainingPolicy, $0.leapfrogSteps) = (.policy(kind), kind, 2)
      ($0.constraint, $0.costLimit) = (kind == .proposed ? .lyapunov : .lagrangian, 1)
      $0.costKind = rules.cost
      $0.multiplierNormalizes = rules.normalizes
    }
    agent.multiplier?.restore(value: 0.8, recent: [], steps: [])
    let (settings, batch, lane) = (agent.settings, agent.minibatch, agent.lanes.all[0])
    let cost = try #require(agent.parts.cost)
    let steps = kind == .gaussian ? 0 : settings.leapfrogSteps
    // A Gaussian policy has no momentum whose energy could count.
    let halfAlphaBeta = kind == .gaussian ? 0 : settings.alpha / (2 * settings.momentumStdTraining * settings.momentumStdTraining)
    var worst = Worst()
    agent.setCriticGradients()
    var costLoss = 0.0
    for row in 0..<batch.size {
      let s = batch.nextObservations.row(row).array
      let next = evolve(
        agent, s, noise: agent.updateNoise.next.action.row(row).array, momentumNoise: agent.updateNoise.next.momentum.row(row).array, steps: steps)
      let kinetic = halfAlphaBeta * (next.momentum.map { $0 * $0 }.reduce(0, +) - next.squaredInitialMomentum)
      // The reward's own value: λ is the objective's and the leapfrog's, not the critics'.
      let future = targetMinimum(agent, s, next.action) - settings.alpha * next.logProbability - kinetic
      let goesOn = 0.99 * (1 - batch.terminals[row])
      worst.compare(lane.targets[row], batch.rewards[row] + goesOn * future, "y")
      // For an average a terminal state goes on at the limit, 1.
      let atLimit = rules.cost == .average ? 0.99 * batch.terminals[row] * 1 : 0
      let costTarget = batch.costs[row] + goesOn * output(cost.target, s + next.action)[0] + atLimit
      worst.compare(lane.costTargets[row], costTarget, "y_C")
      let error = output(cost.online, batch.stateActions.row(row).array)[0] - costTarget
      costLoss += error * error / Double(batch.size)
    }
    worst.compare(agent.measured("cost_critic_loss"), costLoss, "the loss of Q_C")
    agent.setPolicyGradients()
    var objective = 0.0
    for row in 0..<batch.size {
      let s = batch.observations.row(row).array
      let now = evolve(
        agent, s, noise: agent.updateNoise.now.action.row(row).array, momentumNoise: agent.updateNoise.now.momentum.row(row).array, steps: steps)
      // An evolved policy is trained on what it climbs, the targets; SAC's on the online critics.
      let value =
        kind == .gaussian ? onlineMinimum(agent, s, now.action) - 0.8 * output(cost.online, s + now.action)[0] : value(agent, s, now.action)
      objective += value - settings.alpha * now.logProbability - halfAlphaBeta * now.momentum.map { $0 * $0 }.reduce(0, +)
    }
    worst.compare(agent.measured("policy_loss"), -objective / Double(batch.size) / (rules.normalizes ? 1.8 : 1), "−J")
    // As above: ∇Q by differences. Without it there is only rounding.
    #expect(worst.error < (kind == .gaussian ? 1e-12 : 1e-6), "\(worst.place), \(kind)")
  }

  /// SAC-NF's action and log π: a Gaussian sample through radial flows, then tanh.
  private func flow(_ agent: SoftActorCritic<Double>, _ s: [Double], noise: [Double]) throws -> (action: [Double], logProbability: Double) {
    let d = agent.settings.actionSize
    let flows = try #require(agent.parts.flows)
    func parameters(_ name: String) throws -> [Double] {
      flows.parameters.values(of: try #require(flows.parameters.tensors.first { $0.name == name })).array
    }
    let head = output(agent.parts.policy, s)
    let logSigma = agent.parts.policyStd?.values.array ?? Array(head[d...])
    var z = (0..<d).map { head[$0] + exp(logSigma[$0]) * noise[$0] }
    var logProbability = (0..<d).map { -noise[$0] * noise[$0] / 2 - logSigma[$0] - log(2 * Double.pi) / 2 }.reduce(0, +)
    for index in 0..<flows.count {
      let center = try parameters("\(index)/center")
      let alpha = exp(try parameters("\(index)/log_alpha")[0])
      let beta = log(1 + exp(try parameters("\(index)/b")[0])) - alpha
      let offset = zip(z, center).map { $0 - $1 }
      let r = offset.map { $0 * $0 }.reduce(0, +).squareRoot()
      let h = 1 / (alpha + r)
      // The map stretches by 1 + βh across the ray from the centre and by d(r + βhr)/dr along it.
      let along = 1 + beta * h - beta * r * h * h
      logProbability -= Double(d - 1) * log(1 + beta * h) + log(along)
      z = zip(z, offset).map { $0 + beta * h * $1 }
    }
    let action = z.map { tanh($0) }
    return (action, logProbability - action.map { log(1 - $0 * $0) }.reduce(0, +))
  }

  @Test(arguments: FlowStd.allCases) func `SAC-NF's y and J are the formulas, computed row by row`(_ std: FlowStd) throws {
    let agent = makeAgent(observations: 4, actions: 3, lanes: 1) {
      ($0.explorationPolicy, $0.trainingPolicy, $0.flows, $0.flowStd) = (.flow, .flow, 3, std)
    }
    let (settings, batch, lane) = (agent.settings, agent.minibatch, agent.lanes.all[0])
    var worst = Worst()
    agent.setCriticGradients()
    for row in 0..<batch.size {
      let s = batch.nextObservations.row(row).array
      let next = try flow(agent, s, noise: agent.updateNoise.next.action.row(row).array)
      let future = targetMinimum(agent, s, next.action) - settings.alpha * next.logProbability
      worst.compare(lane.targets[row], batch.rewards[row] + 0.99 * (1 - batch.terminals[row]) * future, "y")
    }
    agent.setPolicyGradients()
    var objective = 0.0
    for row in 0..<batch.size {
      let s = batch.observations.row(row).array
      let now = try flow(agent, s, noise: agent.updateNoise.now.action.row(row).array)
      for j in 0..<3 { worst.compare(lane.policy.action[row, j], now.action[j], "a") }
      worst.compare(lane.policy.logProbability[row], now.logProbability, "log π")
      objective += onlineMinimum(agent, s, now.action) - settings.alpha * now.logProbability
    }
    worst.compare(agent.measured("policy_loss"), -objective / Double(batch.size), "−J")
    #expect(worst.error < 1e-12, "\(worst.place), \(std)")
  }

  /// −J on the minibatch.
  private func policyLoss(_ agent: SoftActorCritic<Double>, held: HeldSlopes) -> Double {
    let (settings, batch) = (agent.settings, agent.minibatch)
    let beta = 1 / (settings.momentumStdTraining * settings.momentumStdTraining)
    var objective = 0.0
    for row in 0..<batch.size {
      let s = batch.observations.row(row).array
      let now = evolve(
        agent, s, noise: agent.updateNoise.now.action.row(row).array, momentumNoise: agent.updateNoise.now.momentum.row(row).array, held: held)
      objective += value(agent, s, now.action) - settings.alpha * now.logProbability
      objective -= settings.alpha * beta / 2 * now.momentum.map { $0 * $0 }.reduce(0, +)
    }
    return -objective / Double(batch.size)
  }

  @Test(arguments: [true, false], [PolicyKind.proposed, .conventional])
  func `in latent space the gradient is that of −J with ∇Q held constant, for several actions`(
    _ stateInput: Bool, _ kind: PolicyKind
  ) {
    for (d, steps) in [(2, 1), (3, 3)] {
      let agent = makeAgent(observations: 3, actions: d) {
        ($0.explorationPolicy, $0.trainingPolicy, $0.boundary) = (.policy(kind), kind, .latent)
        ($0.leapfrogStateInput, $0.leapfrogSteps) = (stateInput, steps)
        if kind == .conventional { $0.leapfrogStepSize = 0.05 }
      }
      let held = HeldSlopes()
      _ = policyLoss(agent, held: held)
      agent.setPolicyGradients()
      for network in agent.trainedNetworks where !network.name.contains("critic") {
        let gradient = network.gradient().values
        #expect(gradient.array.contains { abs($0) > 1e-4 }, "\(network.name): the gradient is next to nothing")
        expectGradient(
          gradient,
          of: {
            held.replay()
            return policyLoss(agent, held: held)
          }, at: network.parameters.values, "\(network.name), \(d) actions")
      }
    }
  }

  @Test(arguments: [Boundary.clip, .latent])
  func `evaluation of a filtered agent is Algorithm 3 without noise, computed step by step`(_ boundary: Boundary) throws {
    var seen: Set<Int> = []
    for limit in [-60.0, -20, -5, 0, 5, 20, 60] {
      let agent = makeAgent(observations: 3, actions: 2, batch: 1) {
        ($0.boundary, $0.leapfrogStepSize) = (boundary, 0.5)
        ($0.constraint, $0.costLimit) = (.lyapunov, limit)
        $0.safeLeapfrogSteps = 6
      }
      agent.multiplier?.restore(value: 0.8, recent: [], steps: [])
      guard let cost = agent.parts.cost?.target else { return }
      let (first, s) = ([0.3, -0.6, 0.9], [-0.5, 0.2, 0.7])
      func baseCost(_ s: [Double]) -> Double {
        output(cost, s + output(agent.parts.policy, s).prefix(2).map { tanh($0) })[0]
      }
      let bound = baseCost(s) + 0.01 * (limit - baseCost(first))
      // Algorithm 3 is Algorithm 2 with K not known beforehand: the first K whose action is accepted.
      var expected: [Double] = []
      var steps = 0
      while steps < 6 {
        steps += 1
        expected = evolve(agent, s, noise: [0, 0], momentumNoise: [0, 0], steps: steps).action
        if output(cost, s + expected)[0] <= bound { break }
      }
      seen.insert(steps)
      let actor = agent.makeActor()
      var action: [Float] = [0, 0]
      actor.beginEpisode(at: first)
      var generator = SeededGenerator(seed: 0)
      try actor.exploit(s, into: &action, using: &generator)
      #expect(actor.takeScalars(\.evaluationScalars)["leapfrog_steps"]?.sum == Double(steps))
      for (found, expected) in zip(action, expected) { #expect(abs(Double(found) - expected) < 1e-6) }
    }
    #expect(seen.count > 1, "every limit led to the same number of steps, \(seen)")
  }

  /// The standard normal numbers of a draw from a generator, one row.
  func draw(_ count: Int, _ generator: inout SeededGenerator) -> [Double] {
    let row = Matrix<Double>(rows: 1, columns: count)
    row.fillStandardNormal(using: &generator)
    return row.row(0).array
  }

  @Test(arguments: [PolicyKind.proposed, .conventional], [PolicyKind.gaussian, .proposed])
  func `exploration is Algorithm 2 with exploration's own policy and momentum deviation`(
    _ kind: PolicyKind, _ training: PolicyKind
  ) throws {
    let agent = makeAgent(observations: 3, actions: 2, batch: 1) {
      ($0.explorationPolicy, $0.trainingPolicy) = (.policy(kind), training)
      ($0.momentumStdTraining, $0.momentumStdExploration, $0.leapfrogStepSize) = (0.7, 0.25, kind == .proposed ? 0.35 : 0.1)
    }
    let actor = agent.makeActor()
    var generator = SeededGenerator(seed: 9), copy = generator
    var action: [Float] = [0, 0]
    for state in [[0.25, -0.5, 0.75], [-0.5, 0.5, 0.125], [0, 0, 0]] {
      try actor.explore(state, into: &action, using: &generator)
      let (noise, momentumNoise) = (draw(2, &copy), draw(2, &copy))
      let expected = evolve(agent, state, noise: noise, momentumNoise: momentumNoise, std: 0.25, kind: kind)
      for (found, expected) in zip(action, expected.action) { #expect(abs(Double(found) - expected) < 1e-6) }
    }
    #expect(generator == copy)
  }

  @Test(arguments: [Boundary.clip, .latent])
  func `exploration of a filtered agent is Algorithm 3 with fresh noise after every refused action`(_ boundary: Boundary) throws {
    var seen: Set<Int> = []
    for (limit, seed) in [(-60.0, 1), (-5, 2), (0, 3), (0, 4), (5, 5), (60, 6)] as [(Double, UInt64)] {
      let agent = makeAgent(observations: 3, actions: 2, batch: 1) {
        ($0.boundary, $0.leapfrogStepSize, $0.momentumStdExploration) = (boundary, 0.5, 0.4)
        ($0.constraint, $0.costLimit) = (.lyapunov, limit)
        $0.safeLeapfrogSteps = 6
      }
      agent.multiplier?.restore(value: 0.8, recent: [], steps: [])
      let cost = try #require(agent.parts.cost?.target)
      let (first, s) = ([0.25, -0.625, 0.875], [-0.5, 0.25, 0.75])
      func baseCost(_ s: [Double]) -> Double {
        output(cost, s + output(agent.parts.policy, s).prefix(2).map { tanh($0) })[0]
      }
      let bound = baseCost(s) + 0.01 * (limit - baseCost(first))
      let actor = agent.makeActor()
      actor.beginEpisode(at: first)
      var generator = SeededGenerator(seed: seed), copy = generator
      let (noise, momentumNoise) = (draw(2, &copy), draw(2, &copy))
      var freshNoise: [[Double]] = []
      var expected: [Double] = []
      var steps = 0
      while true {
        steps += 1
        expected =
          evolve(
            agent, s, noise: noise, momentumNoise: momentumNoise, std: 0.4, steps: steps, freshNoise: freshNoise
          ).action
        if steps == 6 || output(cost, s + expected)[0] <= bound { break }
        freshNoise.append(draw(2, &copy))
      }
      seen.insert(steps)
      var action: [Float] = [0, 0]
      try actor.explore(s, into: &action, using: &generator)
      #expect(actor.takeScalars()["leapfrog_steps"]?.sum == Double(steps))
      for (found, expected) in zip(action, expected) { #expect(abs(Double(found) - expected) < 1e-6) }
      #expect(generator == copy, "other numbers were drawn than Algorithm 3 asks for")
    }
    #expect(seen.contains { $0 > 1 } && seen.count > 1, "every limit led to the same number of steps, \(seen)")
  }

  @Test func `a terminal transition's target is its reward, whatever the terminal state holds`() {
    let agent = makeAgent(lanes: 1)
    for column in 0..<3 { agent.minibatch.nextObservations[1, column] = .nan }
    agent.setCriticGradients()
    #expect(agent.minibatch.terminals[1] == 1)
    #expect(agent.lanes.all[0].targets[1] == agent.minibatch.rewards[1])
    #expect(agent.measured("critic_loss").isFinite)
  }
}
