import Agents
import LinearAlgebra
import Random
import Testing

@Suite struct SafetyTests {
  private func multiplier(_ schedule: MultiplierRule.Schedule, _ kind: CostKind, rate: Double, limit: Double = 10) -> Multiplier {
    Multiplier(
      CostConstraint(kind: kind, limit: limit, gamma: 0.99), rule: MultiplierRule(schedule: schedule, rate: rate, upperBound: 50))
  }

  private func episode(cost: Double = 0, discounted: Double = 0, length: Int = 1000, random: Bool = false) -> EpisodeSummary {
    EpisodeSummary(totalReward: 0, length: length, cost: cost, discountedCost: discounted, beganRandomly: random)
  }

  @Test func `by episodes, the multiplier follows the mean of the last ten, random ones too, and never falls below zero`() {
    let multiplier = multiplier(.episodes, .sum, rate: 0.1)
    #expect(multiplier.constraintValue == nil)
    multiplier.episodeEnded(episode(discounted: 4, random: true))  // 0 + 0.1·(4 − 10) < 0
    #expect(multiplier.value == 0 && multiplier.constraintValue == 4)
    multiplier.episodeEnded(episode(discounted: 26, random: true))  // mean 15: 0 + 0.1·5
    #expect(abs(multiplier.value - 0.5) < 1e-12)
    for _ in 0..<10 { multiplier.episodeEnded(episode(discounted: 12)) }
    let before = multiplier.value
    multiplier.episodeEnded(episode(discounted: 12))  // the first two are forgotten: + 0.1·2
    #expect(abs(multiplier.value - before - 0.2) < 1e-12)
    #expect(multiplier.recent.count == 10)
  }

  @Test func `by steps, episodes that began under random actions leave λ and J_C alone`() {
    let multiplier = multiplier(.steps, .average, rate: 1, limit: 25)
    for _ in 0..<30 { multiplier.episodeEnded(episode(cost: 900, length: 1000, random: true)) }
    #expect(multiplier.value == 0 && multiplier.constraintValue == nil)
    multiplier.episodeEnded(episode(cost: 30, length: 50))  // an average of 0.6: J_C 60, + (50/1000)·(60 − 25)·0.01
    #expect(abs(multiplier.value - 0.0175) < 1e-12)
    multiplier.episodeEnded(episode(cost: 190, length: 950))  // pooled: 220/1000, J_C 22, + 0.95·(22 − 25)·0.01
    #expect(multiplier.value == 0 && abs((multiplier.constraintValue ?? 0) - 22) < 1e-12)
  }

  @Test func `a multiplier taken up in the middle goes on as if it had not been`() {
    for kind in CostKind.allCases {
      let whole = multiplier(.steps, kind, rate: 3, limit: 5), first = multiplier(.steps, kind, rate: 3, limit: 5)
      let second = multiplier(.steps, kind, rate: 3, limit: 5)
      let episodes = (1...25).map { episode(cost: Double(10 * $0), discounted: Double($0 % 7 + 4), length: 100 + 17 * $0) }
      for episode in episodes { whole.episodeEnded(episode) }
      for episode in episodes.prefix(14) { first.episodeEnded(episode) }
      let kept: [AgentState<Double>] = first.state(), taken: [AgentState<Double>] = second.state()
      for (from, to) in zip(kept, taken) {
        switch (from.value, to.value) {
        case (.number(let get, _), .number(_, let set)): set(get())
        case (.numbers(let get, _, _), .numbers(_, let set, _)): set(get())
        default: Issue.record("\(from.path) is neither a number nor some")
        }
      }
      for episode in episodes.suffix(11) { second.episodeEnded(episode) }
      #expect(second.value == whole.value && second.value > 0 && second.constraintValue == whole.constraintValue)
    }
  }

  private func agent(limit: Double, steps: Int = 5) -> SoftActorCritic<Double> {
    makeAgent(batch: 4) {
      ($0.constraint, $0.costLimit) = (.lyapunov, limit)
      $0.safeLeapfrogSteps = steps
    }
  }

  @Test func `a lenient limit accepts the first proposed action, an impossible one none`() throws {
    for (limit, expected) in [(1e6, (steps: 1, rejected: 0)), (-1e6, (steps: 5, rejected: 5))] {
      let actor = agent(limit: limit).makeActor()
      var generator = SeededGenerator(seed: 1)
      var action: [Float] = [0, 0]
      actor.beginEpisode(at: [0.1, 0.2, 0.3])
      try actor.explore([0.3, -0.2, 0.5], into: &action, using: &generator)
      let scalars = actor.takeScalars()
      #expect(try #require(scalars["leapfrog_steps"]) == (Double(expected.steps), 1))
      #expect(try #require(scalars["discarded_share"]) == (Double(expected.rejected), Double(expected.steps)))
      #expect(action.allSatisfy { abs($0) <= 1 })
    }
  }

  @Test func `the constraint is equation 14, computed by hand with the cost critic's target`() throws {
    // A cost critic that is linear in the action through one always-active unit: Q̄_C = 3 + 2·a₀.
    let agent = agent(limit: 1, steps: 1)
    guard let target = agent.parts.cost?.target else {
      Issue.record("a safe agent has a cost critic")
      return
    }
    target.parameters.values.fill(0)
    target.layers[0].weight[0, 3] = 2
    target.layers[0].bias[0] = 3
    target.layers[1].weight[0, 0] = 1
    target.layers[2].weight[0, 0] = 1
    agent.parts.policy.parameters.values.fill(0)  // π_B(s) = 0 everywhere, σ = 1
    // Accepted when 2·a₀ ≤ 0.01·(1 − 3) = −0.02.
    let actor = agent.makeActor()
    var generator = SeededGenerator(seed: 4)
    var action: [Float] = [0, 0]
    var seen = (accepted: 0, rejected: 0)
    actor.beginEpisode(at: [0.4, 0.1, -0.2])
    for _ in 0..<200 {
      try actor.explore([0.2, 0.1, 0.4], into: &action, using: &generator)
      let isRejected = actor.takeScalars()["discarded_share"]?.sum == 1
      #expect(isRejected == (2 * Double(action[0]) > -0.02), "a₀ = \(action[0])")
      if isRejected { seen.rejected += 1 } else { seen.accepted += 1 }
    }
    #expect(seen.accepted > 20 && seen.rejected > 20)
  }

  @Test func `evaluation runs the filter without noise: the same state, the same action`() throws {
    let actor = agent(limit: -1e6).makeActor()
    var first: [Float] = [0, 0], second: [Float] = [0, 0]
    var generator = SeededGenerator(seed: 1), other = SeededGenerator(seed: 2)
    actor.beginEpisode(at: [0, 0, 0])
    try actor.exploit([0.3, -0.2, 0.5], into: &first, using: &generator)
    try actor.explore([0.3, -0.2, 0.5], into: &second, using: &other)
    #expect(second != first && first != [0, 0])
    try actor.exploit([0.3, -0.2, 0.5], into: &second, using: &other)
    #expect(first == second && generator == SeededGenerator(seed: 1))
  }

  @Test func `a filter that no episode was begun for refers to the first state that it sees`() throws {
    let agent = agent(limit: 0)
    let begun = agent.makeActor(), plain = agent.makeActor(), elsewhere = agent.makeActor()
    begun.beginEpisode(at: [0.9, -2, 1.5])
    elsewhere.beginEpisode(at: [0, 0, 0])
    var differ = false
    for state in [[0.9, -2, 1.5], [0.3, -0.2, 0.5], [-3, 4, 1], [2, 2, -5]] {
      var actions = [[Float]](repeating: [0, 0], count: 3)
      for (index, actor) in [begun, plain, elsewhere].enumerated() {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<5 { try actor.explore(state, into: &actions[index], using: &generator) }
      }
      #expect(actions[0] == actions[1])
      differ = differ || actions[0] != actions[2]
    }
    #expect(differ)
  }
}
