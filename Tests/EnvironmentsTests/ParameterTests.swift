import Environments
import Foundation
import Gym
import Random
import Testing

/// Each parameter changes what it should and nothing else; equality with Gymnasium is GymnasiumEqualityTests' matter.
@Suite struct ParameterTests {
  @Test func `weights scale their terms`() throws {
    let weights: [String: ParameterValue] = [
      "forward_reward_weight": 3, "ctrl_cost_weight": 0.25, "healthy_reward": 7, "contact_cost_weight": 0.001,
    ]
    let (plain, weighted) = (try make("Ant-v5"), try make("Ant-v5", weights))
    for _ in 0..<30 {
      let action = [Float](repeating: 0.5, count: 8)
      _ = try (plain.step(action), weighted.step(action))
      #expect(weighted.rewardTerms.forward == 3 * plain.rewardTerms.forward)
      #expect(weighted.rewardTerms.controlCost == 0.25 * 2)
      #expect(plain.rewardTerms.controlCost == 0.5 * 2)
      #expect(weighted.rewardTerms.healthy == 7)
      #expect(abs(weighted.rewardTerms.contactCost - 2 * plain.rewardTerms.contactCost) < 1e-15)
    }
    #expect(plain.rewardTerms.contactCost > 0)
    #expect(plain.observation == weighted.observation)
  }

  @Test func `v2 and v5 Ant pay for contacts, v4 only on request`() throws {
    let cost = { (task: any MuJoCoTask) in
      for _ in 0..<30 { _ = try task.step([Float](repeating: 0, count: 8)) }
      return task.rewardTerms.contactCost
    }
    #expect(try cost(make("Ant-v4")) == 0)
    #expect(try cost(make("Ant-v4", ["use_contact_forces": true])) > 0)
    #expect(try cost(make("Ant")) == cost(make("Ant-v5")))
    #expect(try cost(make("Ant", ["contact_force_range": .pair(-0.1, 0.1)])) < 0.1 * cost(make("Ant")))
  }

  @Test func `the humanoid's contact cost is clipped after weighting`() throws {
    let task = try make("Humanoid-v5", ["contact_cost_weight": 1, "contact_cost_range": .pair(0.5, 2)])
    _ = try task.step([Float](repeating: 0, count: 17))
    #expect(task.rewardTerms.contactCost == 0.5)  // in the air
    for _ in 0..<60 { _ = try task.step([Float](repeating: 0, count: 17)) }
    #expect(task.rewardTerms.contactCost == 2)
  }

  @Test func `observation sizes follow version and parameters`() throws {
    let sizes: [(String, [String: ParameterValue], Int)] = [
      ("HalfCheetah", [:], 17), ("HalfCheetah", ["exclude_current_positions_from_observation": false], 18),
      ("Hopper-v5", [:], 11), ("Walker2d-v4", ["exclude_current_positions_from_observation": false], 18),
      ("Ant", [:], 111), ("Ant", ["use_contact_forces": false], 27), ("Ant-v4", [:], 27), ("Ant-v5", [:], 105),
      ("Ant-v5", ["include_cfrc_ext_in_observation": false], 27),
      ("Ant-v5", ["exclude_current_positions_from_observation": false], 107),
      ("Humanoid", [:], 376), ("Humanoid-v5", [:], 348), ("Humanoid-v5", ["include_cinert_in_observation": false], 218),
      ("Humanoid-v5", ["include_cvel_in_observation": false], 270),
      ("Humanoid-v5", ["include_qfrc_actuator_in_observation": false], 331),
      ("Humanoid-v5", ["include_cfrc_ext_in_observation": false], 270),
    ]
    for (id, parameters, size) in sizes {
      let task = try make(id, parameters)
      #expect(task.specification.observationSize == size, "\(id) \(parameters)")
      #expect(task.observation.count == size)
      #expect(task.summary.observation.last?.range.upperBound == size)
      #expect(task.summary.observation.allSatisfy { $0.range.count == $0.elements.count })
    }
  }

  @Test func `included positions come first`() throws {
    let task = try make("Ant", ["exclude_current_positions_from_observation": false])
    var generator = SeededGenerator(seed: 0)
    try task.reset(using: &generator)
    #expect(Array(task.observation.prefix(15)) == task.qpos)
    #expect(Array(try make("Hopper").observation.prefix(5)) == Array(try make("Hopper").qpos.dropFirst()))
  }

  @Test func `healthy ranges decide on termination`() throws {
    let zero = [Float](repeating: 0, count: 3)
    #expect(try make("Hopper").step(zero).ending == nil)
    #expect(try make("Hopper", ["healthy_z_range": .pair(2, .infinity)]).step(zero).ending == .terminated)
    #expect(try make("Hopper", ["healthy_angle_range": .pair(0.1, 0.2)]).step(zero).ending == .terminated)
    #expect(try make("Hopper", ["healthy_state_range": .pair(-1e-9, 1e-9)]).step(zero).ending == .terminated)
    let patient = try make("Hopper", ["healthy_z_range": .pair(2, 3), "terminate_when_unhealthy": false])
    #expect(try patient.step(zero).ending == nil)
  }

  @Test func `only v5 withholds the healthy reward from the step that falls`() throws {
    let zero = [Float](repeating: 0, count: 3)
    for (id, expected) in [("Hopper", 1.0), ("Hopper-v4", 1), ("Hopper-v5", 0)] {
      let task = try make(id, ["healthy_z_range": .pair(2, 3)])
      _ = try task.step(zero)
      #expect(task.rewardTerms.healthy == expected, "\(id)")
      let patient = try make(id, ["healthy_z_range": .pair(2, 3), "terminate_when_unhealthy": false])
      _ = try patient.step(zero)
      #expect(patient.rewardTerms.healthy == 0)
    }
  }

  @Test func `frame_skip stretches the control period`() throws {
    let task = try make("HalfCheetah", ["frame_skip": 2])
    #expect(abs(task.controlPeriod - 0.02) < 1e-12)
    let other = try make("HalfCheetah")
    let action = [Float](repeating: 1, count: 6)
    for _ in 0..<5 { _ = try task.step(action) }
    for _ in 0..<2 { _ = try other.step(action) }
    #expect(task.qpos == other.qpos)
  }

  @Test func `main_body is a name or an index`() throws {
    let action: [Float] = [1, -1, 1, -1, 1, -1, 1, -1]
    let velocity = { (body: ParameterValue?) in
      let task = try make("Ant-v5", body.map { ["main_body": $0] } ?? [:])
      for _ in 0..<3 { _ = try task.step(action) }
      return try task.step(action).velocity
    }
    #expect(try velocity(nil) == velocity("torso"))
    #expect(try velocity("4") == velocity(4))
    #expect(try velocity("front_left_leg") == velocity(2))
    #expect(try velocity(nil) != velocity(4))
  }

  @Test func `text is read as the parameter's kind`() throws {
    let task = try make(
      "Ant-v5",
      [
        "terminate_when_unhealthy": "False", "healthy_z_range": "(0.3, .inf)", "ctrl_cost_weight": "1e-1",
        "contact_force_range": "[-2,2]", "main_body": "torso", "frame_skip": "4",
      ])
    let values = Dictionary(uniqueKeysWithValues: task.summary.parameters.map { ($0.descriptor.name, $0.value) })
    #expect(values["terminate_when_unhealthy"] == false)
    #expect(values["healthy_z_range"] == .pair(0.3, .infinity))
    #expect(values["ctrl_cost_weight"] == 0.1)
    #expect(values["contact_force_range"] == .pair(-2, 2))
    #expect(values["main_body"] == "torso")
    #expect(values["frame_skip"] == 4)
  }

  @Test func `normalised actions are scaled to the model's control range`() throws {
    let (task, raw) = (try make("Humanoid"), try make("Humanoid"))
    let action = (0..<17).map { Float($0) / 16 - 0.5 }
    #expect(try task.step(action) == raw.step(controls: action.map { $0 * Float(0.4) }))
    #expect(task.observation == raw.observation)
  }

  @Test func `xml_file may be a path`() throws {
    let path = AssetFolder.path + "/mujoco/hopper.xml"
    let (named, located) = (try make("Hopper"), try make("Hopper", ["xml_file": .string(path)]))
    #expect(try named.step([1, 0, -1]) == located.step([1, 0, -1]))
  }
}
