import Environments
import Gym
import Random
import Testing

@Suite struct ResetTests {
  /// Scale and whether velocities are normal, as Gymnasium's reset_model; initial height where it is not 0.
  struct Rule: CustomTestStringConvertible {
    var id: String
    var scale: Double
    var normalVelocities: Bool
    var heightIndex: Int
    var height: Double
    var testDescription: String { id }
  }

  static let rules = [
    Rule(id: "HalfCheetah", scale: 0.1, normalVelocities: true, heightIndex: 1, height: 0),
    Rule(id: "Hopper", scale: 5e-3, normalVelocities: false, heightIndex: 1, height: 1.25),
    Rule(id: "Walker2d", scale: 5e-3, normalVelocities: false, heightIndex: 1, height: 1.25),
    Rule(id: "Ant", scale: 0.1, normalVelocities: true, heightIndex: 2, height: 0.75),
    Rule(id: "Humanoid", scale: 1e-2, normalVelocities: false, heightIndex: 2, height: 1.4),
  ]

  @Test(arguments: rules) func `initial states have the ranges and moments of the rules`(rule: Rule) throws {
    let task = try make(rule.id)
    var generator = SeededGenerator(seed: 7)
    let initial = task.qpos  // before any reset: the model's
    #expect(initial[rule.heightIndex] == rule.height)
    var positions: [Double] = []
    var velocities: [Double] = []
    for _ in 0..<1000 {
      try task.reset(using: &generator)
      positions += zip(task.qpos, initial).map { ($0 - $1) / rule.scale }
      velocities += task.qvel.map { $0 / rule.scale }
    }
    // At least 6000 draws each. Standard errors: of a uniform's mean 0.0075, of its variance 0.004; of a normal's mean
    // 0.011 (9000 draws), of its variance 0.015. Allowed are five.
    expectUniform(positions)
    guard rule.normalVelocities else { return expectUniform(velocities) }
    #expect(abs(mean(velocities)) < 0.053)
    #expect(abs(mean(velocities.map { $0 * $0 }) - 1) < 0.075)
    #expect(velocities.contains { abs($0) > 2.5 })
  }

  @Test(arguments: rules) func `a seed determines the start, another seed changes it`(rule: Rule) throws {
    let (task, other) = (try make(rule.id), try make(rule.id))
    var (first, same, different) = (SeededGenerator(seed: 3), SeededGenerator(seed: 3), SeededGenerator(seed: 4))
    try task.reset(using: &first)
    try other.reset(using: &same)
    #expect(task.qpos == other.qpos)
    #expect(task.qvel == other.qvel)
    #expect(task.observation == other.observation)
    #expect(first == same)
    try other.reset(using: &different)
    #expect(zip(task.qpos, other.qpos).allSatisfy { $0 != $1 })
    #expect(zip(task.qvel, other.qvel).allSatisfy { $0 != $1 })
  }

  @Test(arguments: rules) func `nothing of an episode outlives a reset`(rule: Rule) throws {
    let (fresh, used) = (try make(rule.id), try make(rule.id))
    let action = [Float](repeating: 0.7, count: used.specification.actionSize)
    for _ in 0..<20 { _ = try used.step(action) }
    var (a, b) = (SeededGenerator(seed: 1), SeededGenerator(seed: 1))
    try fresh.reset(using: &a)
    try used.reset(using: &b)
    #expect(fresh.observation == used.observation)
    for _ in 0..<20 {  // the solver's warm start would show here
      #expect(try fresh.step(action) == used.step(action))
      #expect(fresh.observation == used.observation)
    }
  }

  private func expectUniform(_ values: [Double]) {
    #expect(values.allSatisfy { $0 >= -1 && $0 <= 1.0000001 })  // the division by the scale rounds
    #expect(abs(mean(values)) < 0.037)
    #expect(abs(mean(values.map { $0 * $0 }) - 1.0 / 3) < 0.02)
    #expect(values.contains { $0 < -0.99 } && values.contains { $0 > 0.99 })
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
}

func make(_ id: String, _ parameters: [String: ParameterValue] = [:]) throws -> any MuJoCoTask & PosedEnvironment {
  try #require(try EnvironmentCatalog.make(id, parameters: parameters) as? any MuJoCoTask & PosedEnvironment)
}
