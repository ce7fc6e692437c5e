import Agents
import LinearAlgebra
import Random
import Testing

@Suite struct SafetyTests {
  @Test func `the multiplier follows the mean of the last ten episodes and never falls below zero`() {
    let multiplier = Multiplier(limit: 10, rate: 0.1)
    multiplier.episodeEnded(constraintValue: 4)  // 0 + 0.1·(4 − 10) < 0
    #expect(multiplier.value == 0)
    multiplier.episodeEnded(constraintValue: 26)  // mean 15: 0 + 0.1·5
    #expect(abs(multiplier.value - 0.5) < 1e-12)
    for _ in 0..<10 { multiplier.episodeEnded(constraintValue: 12) }
    let before = multiplier.value
    multiplier.episodeEnded(constraintValue: 12)  // the first two are forgotten: + 0.1·2
    #expect(abs(multiplier.value - before - 0.2) < 1e-12)
    #expect(multiplier.recent.count == 10)
  }

  private func agent(limit: Double, steps: Int = 5) -> SoftActorCritic<Double> {
    makeAgent(batch: 4) {
      $0.safety = SafetySettings(costLimit: limit, filtersActions: true)
      $0.safety?.safeLeapfrogSteps = steps
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
}
