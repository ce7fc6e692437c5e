import Gym

// How MuJoCo's and Bullet's tasks are replayed.

extension StateSettable {
  public var startQuantities: [(name: String, count: Int?)] { [("qpos0", qpos.count), ("qvel0", qvel.count)] }
  public var start: [[Double]] { [qpos, qvel] }
  public var startIsState: Bool { true }
  public func reset(replaying start: [[Double]]) throws { try setState(qpos: start[0], qvel: start[1]) }
  public var replayedState: [ReplayedQuantity] { [ReplayedQuantity("qpos", qpos), ReplayedQuantity("qvel", qvel)] }
  public var replayedOutcome: [ReplayedQuantity] { [] }
}

extension BulletTask {
  public var startQuantities: [(name: String, count: Int?)] { [("draws", nil)] }
  public var start: [[Double]] { [draws] }
  public var startIsState: Bool { false }
  public func reset(replaying start: [[Double]]) throws { try reset(replaying: start[0]) }
  public var replayedState: [ReplayedQuantity] { [ReplayedQuantity("draws_consumed", [Double(drawsConsumed)], isScalar: true)] }
  public var replayedOutcome: [ReplayedQuantity] { [ReplayedQuantity("reward_terms", rewardTerms.values)] }
  public func controls(for action: [Float]) -> [Float] { action }
  public func step(controls: [Float]) throws -> Step { try step(controls: controls.map(Double.init)) }
}
