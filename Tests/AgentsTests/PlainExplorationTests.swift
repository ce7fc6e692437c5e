import Agents
import LinearAlgebra
import Random
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// How agents explore and choose, recomputed from the numbers that a copy of the generator draws.
extension PlainFormulaTests {
  private static let states = [[0.25, -0.5, 0.75], [-0.5, 0.5, 0.125], [0, 0, 0]]

  private func expectClose(_ action: [Float], _ expected: [Double]) {
    // Actions come as Float, slopes by differences.
    for (found, expected) in zip(action, expected) { #expect(abs(Double(found) - expected) < 1e-6) }
  }

  @Test func `noisy exploration is a sample of the base policy and the noise that a free momentum would add, cut to the box`() throws {
    let agent = makeAgent(observations: 3, actions: 2, batch: 1) {
      $0.sac(layers: 1)
      ($0.explorationPolicy, $0.momentumStdExploration, $0.leapfrogStepSize, $0.leapfrogSteps) = (.noisy, 1.5, 0.3, 2)
    }
    let actor = agent.makeActor()
    var generator = SeededGenerator(seed: 3), copy = generator
    var action: [Float] = [0, 0]
    var isCut = false
    for _ in 0..<10 {
      for state in Self.states {
        try actor.explore(state, into: &action, using: &generator)
        let (noise, added) = (draw(2, &copy), draw(2, &copy))
        let base = evolve(agent, state, noise: noise, momentumNoise: [0, 0], steps: 0).action
        let free = zip(base, added).map { $0 + 2 * 0.3 * 1.5 * $1 }
        isCut = isCut || free.contains { abs($0) > 1 }
        expectClose(action, free.map { min(max($0, -1), 1) })
      }
    }
    #expect(isCut && generator == copy)
  }

  @Test(arguments: [(4.66, 23.53), (-1, 0.3), (0, 1e-4)])
  func `optimistic exploration climbs the online critics' upper bound at the mean action`(_ optimism: Double, _ divergence: Double) throws {
    let agent = makeAgent(observations: 3, actions: 2, batch: 1) {
      $0.sac(layers: 2)
      ($0.explorationPolicy, $0.optimism, $0.explorationKL) = (.optimistic, optimism, divergence)
    }
    let critics = agent.parts.critics
    let actor = agent.makeActor()
    var generator = SeededGenerator(seed: 3), copy = generator
    var action: [Float] = [0, 0]
    for s in Self.states {
      try actor.explore(s, into: &action, using: &generator)
      let noise = draw(2, &copy)
      _ = draw(2, &copy)
      let head = output(agent.parts.policy, s)
      let (mean, std) = (Array(head[..<2]), head[2...].map { exp($0) })
      let g = gradient(
        { mean in
          let sa = s + mean.map { tanh($0) }
          let (q1, q2) = (output(critics.first.online, sa)[0], output(critics.second.online, sa)[0])
          return (q1 + q2) / 2 + optimism * abs(q1 - q2) / 2
        }, mean)
      let norm = zip(std, g).map { $0 * $1 * $0 * $1 }.reduce(0, +).squareRoot()
      expectClose(
        action,
        (0..<2).map { tanh(mean[$0] + (2 * divergence).squareRoot() * std[$0] * std[$0] * g[$0] / (norm + 1e-5) + std[$0] * noise[$0]) })
    }
    #expect(generator == copy)
  }

  @Test(arguments: [ExplorationGain.factor(2.5), .matched], [Mass.unit, .consistent])
  func `exploration's gain multiplies the force when exploring and not when judged`(_ gain: ExplorationGain, _ mass: Mass) throws {
    let agent = makeAgent(observations: 3, actions: 2, batch: 1) {
      ($0.momentumStdTraining, $0.momentumStdExploration, $0.mass) = (0.7, 1.05, mass)
      $0.explorationGain = gain
    }
    let factor = gain == .matched ? 1.5 * 1.5 : 2.5
    let actor = agent.makeActor()
    var generator = SeededGenerator(seed: 3), copy = generator
    var action: [Float] = [0, 0]
    for state in Self.states {
      try actor.explore(state, into: &action, using: &generator)
      let (noise, momentumNoise) = (draw(2, &copy), draw(2, &copy))
      expectClose(action, evolve(agent, state, noise: noise, momentumNoise: momentumNoise, std: 1.05, gain: factor).action)
      try actor.exploit(state, into: &action, using: &generator)
      expectClose(action, evolve(agent, state, noise: [0, 0], momentumNoise: [0, 0]).action)
    }
  }

  @Test func `without a boundary what leaves the box is cut when it is applied`() throws {
    let agent = makeAgent(observations: 3, actions: 2, batch: 1) {
      ($0.boundary, $0.momentumStdExploration, $0.leapfrogStepSize) = (.unbounded, 3, 0.8)
    }
    let actor = agent.makeActor()
    var generator = SeededGenerator(seed: 3), copy = generator
    var action: [Float] = [0, 0]
    var isCut = false
    for state in Self.states {
      try actor.explore(state, into: &action, using: &generator)
      let free = evolve(agent, state, noise: draw(2, &copy), momentumNoise: draw(2, &copy), std: 3).action
      isCut = isCut || free.contains { abs($0) > 1 }
      expectClose(action, free.map { min(max($0, -1), 1) })
    }
    #expect(isCut)
  }

  @Test(arguments: [false, true])
  func `of several candidates exploration takes one in proportion to exp(value/α)`(_ safe: Bool) throws {
    let agent = makeAgent(observations: 3, actions: 2, batch: 1) {
      ($0.candidates, $0.alpha) = (5, 0.4)
      if safe {
        $0.sac(layers: 1)
        ($0.constraint, $0.costLimit) = (.lagrangian, 1)
      }
    }
    agent.multiplier?.restore(value: 0.8, recent: [], steps: [])
    let actor = agent.makeActor()
    var generator = SeededGenerator(seed: 3), copy = generator
    var action: [Float] = [0, 0]
    var seen: Set<Int> = []
    var effective = 0.0
    for state in Self.states + Self.states + Self.states {
      try actor.explore(state, into: &action, using: &generator)
      let candidates = (0..<5).map { _ -> [Double] in
        let (noise, momentumNoise) = (draw(2, &copy), draw(2, &copy))
        return evolve(agent, state, noise: noise, momentumNoise: momentumNoise, std: 0.5, steps: safe ? 0 : nil).action
      }
      let weights = candidates.map { exp(value(agent, state, $0) / 0.4) }
      let sum = weights.reduce(0, +)
      var rest = copy.uniform(0, sum)
      let chosen = weights.firstIndex { weight in
        rest -= weight
        return rest < 0
      }
      let index = try #require(chosen)
      seen.insert(index)
      expectClose(action, candidates[index])
      effective += 1 / weights.map { $0 / sum * $0 / sum }.reduce(0, +) / 5
    }
    #expect(seen.count > 1 && generator == copy)
    let share = try #require(actor.takeScalars()["candidate_share"])
    #expect(abs(share.sum - effective) < 1e-5 && share.count == 9)
  }

  @Test func `of several candidates the best one is what an agent is judged by, the first without noise`() throws {
    let agent = makeAgent(observations: 3, actions: 2, batch: 1) { $0.candidates = 4 }
    let actor = agent.makeActor()
    var generator = SeededGenerator(seed: 3), copy = generator
    var action: [Float] = [0, 0]
    var seen: Set<Int> = []
    for state in Self.states + Self.states + Self.states {
      try actor.exploit(state, into: &action, using: &generator)
      var candidates = [evolve(agent, state, noise: [0, 0], momentumNoise: [0, 0]).action]
      for _ in 1..<4 {
        let (noise, momentumNoise) = (draw(2, &copy), draw(2, &copy))
        candidates.append(evolve(agent, state, noise: noise, momentumNoise: momentumNoise).action)
      }
      let values = candidates.map { value(agent, state, $0) }
      let best = try #require(values.indices.max { values[$0] < values[$1] })
      seen.insert(best)
      expectClose(action, candidates[best])
    }
    #expect(seen.count > 1 && generator == copy)
  }

  @Test func `candidates that a filter accepts go before better ones that it refuses`() throws {
    var counts = (accepted: 0, refused: 0)
    for limit in [-20.0, 0, 20] {
      let agent = makeAgent(observations: 3, actions: 2, batch: 1) {
        ($0.candidates, $0.leapfrogStepSize) = (4, 0.6)
        ($0.constraint, $0.costLimit) = (.lyapunov, limit)
        $0.safeLeapfrogSteps = 1
      }
      agent.multiplier?.restore(value: 0.8, recent: [], steps: [])
      let cost = try #require(agent.parts.cost?.target)
      let first = [0.25, -0.625, 0.875]
      let actor = agent.makeActor()
      actor.beginEpisode(at: first)
      var generator = SeededGenerator(seed: 8), copy = generator
      var action: [Float] = [0, 0]
      func baseCost(_ s: [Double]) -> Double { output(cost, s + output(agent.parts.policy, s).prefix(2).map { tanh($0) })[0] }
      for state in Self.states {
        try actor.exploit(state, into: &action, using: &generator)
        var candidates = [evolve(agent, state, noise: [0, 0], momentumNoise: [0, 0], steps: 1).action]
        for _ in 1..<4 {
          let (noise, momentumNoise) = (draw(2, &copy), draw(2, &copy))
          candidates.append(evolve(agent, state, noise: noise, momentumNoise: momentumNoise, steps: 1).action)
        }
        let bound = baseCost(state) + 0.01 * (limit - baseCost(first))
        let accepted = candidates.filter { output(cost, state + $0)[0] <= bound }
        counts.accepted += accepted.count
        counts.refused += 4 - accepted.count
        let eligible = accepted.isEmpty ? [candidates[0]] : accepted
        expectClose(action, eligible.max { value(agent, state, $0) < value(agent, state, $1) } ?? [])
      }
    }
    #expect(counts.accepted > 0 && counts.refused > 0)
  }
}
