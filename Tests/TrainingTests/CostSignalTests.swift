import Gym
import Testing
import Training

@Suite struct CostSignalTests {
  private func cost(_ kind: CostSignal.Kind, _ environment: String, velocity: SIMD2<Double>, action: [Float] = [0])
    throws -> Double?
  {
    try CostSignal(kind, environment: environment)?.cost(of: Step(reward: 0, velocity: velocity), action: action)
  }

  @Test func `the paper's costs are the mean torque of Ant and speeding of HalfCheetah`() throws {
    #expect(try cost(.paper, "Ant-v2", velocity: [9, 9], action: [1, -0.5, 0, 0.5]) == 0.5)
    for (velocity, expected) in [(0.9, 0.0), (1.0, 0), (1.1, 1), (-1.1, 1)] {
      #expect(try cost(.paper, "HalfCheetah-v2", velocity: [velocity, 0]) == expected)
    }
    #expect(try CostSignal(.paper, environment: "Ant-v2")?.defaultLimit == 25)
    #expect(try CostSignal(.paper, environment: "HalfCheetah-v5")?.defaultLimit == 10)
  }

  @Test func `Safety-Gymnasium's velocity costs count signed velocity in the plane's tasks and speed in space`() throws {
    for (environment, limit) in [("HalfCheetah-v4", 3.2096), ("Hopper-v4", 0.7402), ("Walker2d-v4", 2.3415)] {
      #expect(try cost(.velocity, environment, velocity: [limit - 1e-6, 0]) == 0)
      #expect(try cost(.velocity, environment, velocity: [limit + 1e-6, 0]) == 1)
      #expect(try cost(.velocity, environment, velocity: [-9, 0]) == 0)
    }
    for (environment, limit) in [("Ant-v4", 2.6222), ("Humanoid-v4", 1.4149)] {
      let part = limit / 2.0.squareRoot()
      #expect(try cost(.velocity, environment, velocity: [-part - 1e-6, part]) == 1)
      #expect(try cost(.velocity, environment, velocity: [-part + 1e-6, part]) == 0)
    }
  }

  @Test func `tasks without such a cost refuse it by name`() {
    let error = #expect(throws: SettingsError.self) { try CostSignal(.paper, environment: "Hopper-v2") }
    #expect(
      error?.description
        == "cost 'paper' is defined for Ant and HalfCheetah, not for Hopper-v2; the Gym tasks have cost 'velocity'")
    #expect(throws: SettingsError.self) { try CostSignal(.velocity, environment: "PointMass-v0") }
    #expect(throws: SettingsError.self) {
      try Settings(layers: [SettingEntry(key: "algorithm", value: "sac-lagrangian", source: "test")], environment: "Hopper")
    }
  }
}
