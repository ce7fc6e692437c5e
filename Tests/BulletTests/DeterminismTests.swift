import Environments
import Gym
import Random
import Testing

@Suite(.enabled(if: bulletIsBuilt, "Bullet is not built; 'make setup-bullet' builds it"))
struct DeterminismTests {
  @Test(arguments: RoboschoolHumanoid.Variant.allCases)
  func `the same seed gives the same trajectory, after other episodes and in another corner of memory`(
    variant: RoboschoolHumanoid.Variant
  ) throws {
    let first = try trajectory(of: try RoboschoolHumanoid(variant), seed: 5)
    let used = try RoboschoolHumanoid(variant)
    _ = try trajectory(of: used, seed: 6)
    // Holes of many sizes with something in them: what Bullet allocates next lies elsewhere and holds other remains.
    var holes = (0..<3000).map { index in
      Array(repeating: UInt8(truncatingIfNeeded: 37 * index | 1), count: 40 + 977 * index % 9000)
    }
    for index in stride(from: 0, to: holes.count, by: 2) { holes[index] = [] }
    #expect(try trajectory(of: used, seed: 5) == first)
    #expect(try trajectory(of: try RoboschoolHumanoid(variant), seed: 5) == first)
    #expect(try trajectory(of: used, seed: 7) != first)
    #expect(holes.count == 3000)
  }

  @Test(arguments: RoboschoolHumanoid.Variant.allCases)
  func `the generator's state before a reset and the actions replay an episode`(
    variant: RoboschoolHumanoid.Variant
  ) throws {
    var generator = SeededGenerator(seed: 11)
    let task = try RoboschoolHumanoid(variant)
    try task.reset(using: &generator)
    let stored = generator.state
    try task.reset(using: &generator)
    let actions = (0..<200).map { _ in (0..<17).map { _ in Float(generator.uniform(-1, 1)) } }
    let observations = try actions.map { action in
      _ = try task.step(action)
      return task.observation
    }
    var restored = try #require(SeededGenerator(state: stored))
    let other = try RoboschoolHumanoid(variant)
    try other.reset(using: &restored)
    for (action, expected) in zip(actions, observations) {
      _ = try other.step(action)
      #expect(other.observation == expected)
    }
    #expect(other.drawsConsumed == task.drawsConsumed)
  }
}

/// 300 random steps from a seed: observations, rewards and endings.
private func trajectory(of task: RoboschoolHumanoid, seed: UInt64) throws -> [Double] {
  var generator = SeededGenerator(seed: seed)
  try task.reset(using: &generator)
  var values = task.observation
  for _ in 0..<300 {
    let step = try task.step((0..<17).map { _ in Float(generator.uniform(-1, 1)) })
    values += task.observation + [step.reward, step.ending == nil ? 0 : 1]
  }
  return values
}
