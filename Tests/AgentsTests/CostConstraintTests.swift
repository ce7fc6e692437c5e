import Agents
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct CostConstraintTests {
  private let average = CostConstraint(kind: .average, limit: 25, gamma: 0.99)
  private let sum = CostConstraint(kind: .sum, limit: 10, gamma: 0.99)

  @Test func `for an average, a terminal row goes on at the limit: cost κ gives d₀, no cost gives γd₀`() {
    let kappa = (1 - 0.99) * 25
    #expect(abs(average.target(cost: kappa, isTerminal: true, future: 3) - 25) < 1e-12)
    #expect(average.target(cost: 0, isTerminal: true, future: .nan) == 0.99 * 25)
    #expect(average.target(cost: 0.5, isTerminal: false, future: 30) == 0.5 + 0.99 * 30)
  }

  @Test func `for a sum, a terminal row costs what it costs`() {
    #expect(sum.target(cost: 0.3, isTerminal: true, future: .nan) == 0.3)
    #expect(sum.target(cost: 0.3, isTerminal: false, future: 7) == 0.3 + 0.99 * 7)
  }

  @Test func `the average's target less d₀ is the ordinary target of the centred cost`() {
    for (cost, isTerminal, future) in [(0.4, false, 31.0), (0.1, true, 12), (0.9, false, -2), (0, true, 0)] {
      let centred = CostConstraint(kind: .sum, limit: 0, gamma: 0.99)
        .target(cost: cost - (1 - 0.99) * 25, isTerminal: isTerminal, future: future - 25)
      #expect(abs(average.target(cost: cost, isTerminal: isTerminal, future: future) - 25 - centred) < 1e-12)
    }
  }

  private func episode(_ steps: Int, average: Double, random: Bool = false) -> EpisodeSummary {
    let discounted = average * (1 - pow(0.99, Double(steps))) / (1 - 0.99)
    return EpisodeSummary(
      totalReward: 0, length: steps, cost: average * Double(steps), discountedCost: discounted, beganRandomly: random)
  }

  private func value(_ constraint: CostConstraint, of episodes: [EpisodeSummary]) -> Double {
    constraint.value(costs: episodes.map(constraint.cost), steps: episodes.map { Double($0.length) })
  }

  @Test func `J_C of an average pools all steps, that of a sum is the mean of the episodes' discounted sums`() {
    let episodes = [episode(50, average: 0.8), episode(950, average: 0.2)]
    #expect(abs(value(average, of: episodes) - (50 * 0.8 + 950 * 0.2) / 1000 / 0.01) < 1e-10)
    let discounted = [0.8 * (1 - pow(0.99, 50.0)) / 0.01, 0.2 * (1 - pow(0.99, 950.0)) / 0.01]
    #expect(abs(value(sum, of: episodes) - (discounted[0] + discounted[1]) / 2) < 1e-10)
  }

  private let steps = MultiplierRule(schedule: .steps, rate: 1, upperBound: 100)

  @Test func `by steps, twenty episodes of 50 steps move λ as one of 1,000 does`() {
    let long = steps.multiplier(after: 3, constraintValue: 40, average, steps: 1000)
    var short = 3.0
    for _ in 0..<20 { short = steps.multiplier(after: short, constraintValue: 40, average, steps: 50) }
    #expect(abs(long - (3 + (40 - 25) * 0.01)) < 1e-12 && abs(short - long) < 1e-12)
  }

  @Test func `λ stays between 0 and its bound`() {
    #expect(steps.multiplier(after: 0.01, constraintValue: 5, average, steps: 1000) == 0)
    #expect(steps.multiplier(after: 99.99, constraintValue: 90, average, steps: 1000) == 100)
    let literal = MultiplierRule(schedule: .episodes, rate: 0.1, upperBound: .infinity)
    #expect(literal.multiplier(after: 5000, constraintValue: 35, average, steps: 3) == 5001)
    #expect(literal.multiplier(after: 0.5, constraintValue: 5, average, steps: 1000) == 0)
  }

  @Test func `episodes that began under random actions count for the paper's schedule alone`() {
    let random = episode(10, average: 0.5, random: true)
    #expect(!steps.counts(random) && steps.counts(episode(10, average: 0.5)))
    #expect(MultiplierRule(schedule: .episodes, rate: 0.1, upperBound: .infinity).counts(random))
  }
}

/// What the four ways to put a safety constraint teach an agent that may end its episode: one live state, twenty torques, each with or
/// without a fall that keeps reward and cost and ends the episode. Everything is exact: per thousand steps Q and Q_C of the present policy,
/// then the policy moves 5 % towards softmax((Q − λQ_C)/2), then λ as for one episode of a thousand steps.
@Suite struct FallingTests {
  private struct Outcome {
    var episodeLength: Double
    var averageCost: Double
  }

  private typealias Target = (_ cost: Double, _ isTerminal: Bool, _ future: Double) -> Double

  private let gamma = 0.99

  private func outcome(target: Target, constraint: CostConstraint) -> Outcome {
    let torques = (1...20).map { 0.05 * Double($0) }
    let actions = torques.map { (torque: $0, falls: false) } + torques.map { (torque: $0, falls: true) }
    let rewards = actions.map { 1 + 8 * $0.torque * (1 - $0.torque / 2) }
    let rule = MultiplierRule(schedule: .steps, rate: 0.4, upperBound: .infinity)
    var policy = softmax(actions.map { $0.falls ? -4 : 0 })
    var multiplier = 0.0
    func mean(_ f: (Int) -> Double) -> Double { actions.indices.map { policy[$0] * f($0) }.reduce(0, +) }
    /// The value of the live state: each target is affine in it.
    func fixedPoint(_ target: (Int, Double) -> Double) -> Double {
      let (atZero, atOne) = (mean { target($0, 0) }, mean { target($0, 1) })
      return atZero / (1 - (atOne - atZero))
    }
    func rewardTarget(_ action: Int, _ future: Double) -> Double {
      CostConstraint(kind: .sum, limit: 0, gamma: gamma).target(
        cost: rewards[action], isTerminal: actions[action].falls, future: future)
    }
    func costTarget(_ action: Int, _ future: Double) -> Double {
      target(actions[action].torque, actions[action].falls, future)
    }
    for _ in 0..<400 {
      let (value, costValue) = (fixedPoint(rewardTarget), fixedPoint(costTarget))
      let better = softmax(
        actions.indices.map { (rewardTarget($0, value) - multiplier * costTarget($0, costValue)) / 2 })
      for action in actions.indices { policy[action] += 0.05 * (better[action] - policy[action]) }
      let average = mean { actions[$0].torque }
      // Of a policy that falls, a discounted sum is what its own critic says.
      let discounted = fixedPoint {
        CostConstraint(kind: .sum, limit: 0, gamma: gamma).target(
          cost: actions[$0].torque, isTerminal: actions[$0].falls, future: $1)
      }
      let episode = EpisodeSummary(
        totalReward: 0, length: 1000, cost: 1000 * average, discountedCost: discounted, beganRandomly: false)
      multiplier = rule.multiplier(
        after: multiplier, constraintValue: constraint.value(costs: [constraint.cost(of: episode)], steps: [1000]), constraint, steps: 1000)
    }
    let falls = mean { actions[$0].falls ? 1 : 0 }
    // Episodes are cut at a thousand steps: Σ of (1 − falls)ᵗ.
    return Outcome(
      episodeLength: falls < 1e-9 ? 1000 : (1 - pow(1 - falls, 1000)) / falls, averageCost: mean { actions[$0].torque })
  }

  private func softmax(_ logits: [Double]) -> [Double] {
    let largest = logits.max() ?? 0
    let weights = logits.map { exp($0 - largest) }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }

  private var average: CostConstraint { CostConstraint(kind: .average, limit: 25, gamma: gamma) }
  private var sum: CostConstraint { CostConstraint(kind: .sum, limit: 25, gamma: gamma) }

  @Test func `with the average's rule on both sides an agent keeps standing, at the limit`() {
    let outcome = outcome(target: average.target, constraint: average)
    #expect(outcome.episodeLength > 999)
    #expect(abs(outcome.averageCost - 0.254) < 0.001)
  }

  @Test func `a critic of sums beside a multiplier of averages teaches it to fall at once`() {
    let outcome = outcome(target: sum.target, constraint: average)
    #expect(abs(outcome.episodeLength - 1.575) < 0.01)
  }

  @Test func `the last cost for ever makes a limp fall worth while`() {
    let outcome = outcome(
      target: { cost, isTerminal, future in cost + gamma * (isTerminal ? cost / (1 - gamma) : future) }, constraint: average)
    #expect(abs(outcome.episodeLength - 12.5) < 0.1)
  }

  @Test func `discounted sums on both sides let short episodes spend more`() {
    let outcome = outcome(target: sum.target, constraint: sum)
    #expect(outcome.episodeLength < 300 && outcome.averageCost > 0.4)
  }
}
