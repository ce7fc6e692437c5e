import Environments
import Gym
import Random
import Testing

/// How the tasks that are not locomotion start, which no recording tells; the rest is GymnasiumEqualityTests' matter.
@Suite struct BalanceAndReachTests {
  private func starts(_ id: String, _ parameters: [String: ParameterValue] = [:], count: Int = 2000) throws
    -> (positions: [[Double]], velocities: [[Double]])
  {
    let task = try #require(try EnvironmentCatalog.make(id, parameters: parameters) as? any StateSettable)
    var generator = SeededGenerator(seed: 5)
    var (positions, velocities): ([[Double]], [[Double]]) = ([], [])
    for _ in 0..<count {
      try task.reset(using: &generator)
      positions.append(task.qpos)
      velocities.append(task.qvel)
    }
    return (positions, velocities)
  }

  private func expect(_ values: [Double], within low: Double, _ high: Double) {
    #expect(values.allSatisfy { $0 >= low && $0 <= high })
    // 2000 draws come within 1 % of the width to each end, but for one case in 10⁸.
    #expect(values.min()! < low + 0.01 * (high - low) && values.max()! > high - 0.01 * (high - low))
  }

  private func column(_ rows: [[Double]], _ index: Int) -> [Double] { rows.map { $0[index] } }

  @Test func `pendulums start near upright, as far as their noise reaches`() throws {
    let single = try starts("InvertedPendulum")
    for i in 0..<2 {
      expect(column(single.positions, i), within: -0.01, 0.01)
      expect(column(single.velocities, i), within: -0.01, 0.01)
    }
    expect(column(try starts("InvertedPendulum-v5", ["reset_noise_scale": 0.2]).positions, 1), within: -0.2, 0.2)
    let double = try starts("InvertedDoublePendulum")
    for i in 0..<3 { expect(column(double.positions, i), within: -0.1, 0.1) }
    let squares = column(double.velocities, 2).map { $0 * $0 }
    // A normal's variance over 2000 draws: standard error 0.032 of it; allowed are five.
    let variance: Double = squares.reduce(0, +) / 2000
    #expect(abs(variance / 0.01 - 1) < 0.16)
  }

  @Test func `a reacher's target lies still within 0.2 m, its arm near the model's`() throws {
    let (positions, velocities) = try starts("Reacher")
    for i in 0..<2 {
      expect(column(positions, i), within: -0.1, 0.1)
      expect(column(velocities, i), within: -0.005, 0.005)
      #expect(column(velocities, 2 + i).allSatisfy { $0 == 0 })
    }
    let squares = positions.map { $0[2] * $0[2] + $0[3] * $0[3] }
    expect(squares, within: 0, 0.04)  // uniform in a disc: so is the squared distance
  }

  @Test func `a puck lies still in front of the goal, not too near`() throws {
    let (positions, velocities) = try starts("Pusher")
    #expect(positions.allSatisfy { $0[0..<7].allSatisfy { $0 == 0 } && $0[9] == 0 && $0[10] == 0 })
    expect(column(positions, 7), within: -0.3, 0)
    expect(column(positions, 8), within: -0.2, 0.2)
    #expect(positions.allSatisfy { ($0[7] * $0[7] + $0[8] * $0[8]).squareRoot() > 0.17 })
    for i in 0..<7 { expect(column(velocities, i), within: -0.005, 0.005) }
    for i in 7..<11 { #expect(column(velocities, i).allSatisfy { $0 == 0 }) }
  }

  @Test func `a pendulum starts anywhere, a swimmer and a lying humanoid near the model's state`() throws {
    let pendulum = try starts("Pendulum")
    expect(column(pendulum.positions, 0), within: -Double.pi, .pi)
    expect(column(pendulum.velocities, 0), within: -1, 1)
    let swimmer = try starts("Swimmer")
    expect(column(swimmer.positions, 4), within: -0.1, 0.1)
    expect(column(swimmer.velocities, 4), within: -0.1, 0.1)
    let humanoid = try starts("HumanoidStandup")
    expect(column(humanoid.positions, 10), within: -0.01, 0.01)
    expect(column(humanoid.velocities, 10), within: -0.01, 0.01)
  }

  @Test func `agents' actions are scaled to the motors`() throws {
    for (id, factor) in [("InvertedPendulum", 3.0), ("Pendulum", 2)] {
      let task = try #require(try EnvironmentCatalog.make(id) as? any StateSettable)
      let start = (task.qpos, task.qvel)
      _ = try task.step([Float(0.5)])
      let reached = task.qvel
      try task.setState(qpos: start.0, qvel: start.1)
      _ = try task.step(controls: [Float(0.5 * factor)])
      #expect(task.qvel == reached, "\(id)")
    }
  }

  @Test func `every environment without Bullet passes the check, and tells of what its observation is made`() throws {
    for id in EnvironmentCatalog.ids where !id.contains("PyBullet") {
      let environment = try EnvironmentCatalog.make(id)
      #expect(checkEnvironment(environment) == [], "\(id)")
      let parts = environment.summary.observation
      #expect(parts.last?.range.upperBound == environment.specification.observationSize, "\(id)")
      #expect(parts.allSatisfy { $0.range.count == $0.elements.count && !$0.elements.isEmpty }, "\(id)")
      #expect(!environment.summary.reward.isEmpty && !environment.summary.start.isEmpty)
    }
  }

  @Test func `a reward that single precision cannot hold is named by the check`() throws {
    let task = try EnvironmentCatalog.make("Hopper", parameters: ["healthy_reward": 1e308])
    #expect(
      checkEnvironment(task, .quick) == [
        "Hopper-v2's reward after step 1 is 1e+308: it must be a finite number that single precision holds"
      ])
  }
}
