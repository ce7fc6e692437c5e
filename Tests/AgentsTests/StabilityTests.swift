import Agents
import LinearAlgebra
import Random
import Testing

/// Large gradients: whatever happens, NaN is not passed on in silence.
@Suite struct StabilityTests {
  private final class ConstantForce: LeapfrogForce {
    let value: Float
    init(_ value: Float) { self.value = value }
    func evaluate(_ index: Int, at position: Matrix<Float>, into force: Matrix<Float>) { force.fill(value) }
    func backward(_ index: Int, forceGradient: Matrix<Float>, positionGradient: Matrix<Float>) {}
  }

  @Test(arguments: Boundary.allCases)
  func `a force of any size leaves the pair finite, and within the walls, or visibly not finite`(_ boundary: Boundary) {
    for exponent in 0...38 {
      for sign in [1, -1] as [Float] {
        var force = sign
        for _ in 0..<exponent { force *= 10 }
        let position = Matrix<Float>(rows: 3, columns: 2), momentum = Matrix<Float>(rows: 3, columns: 2)
        position.fill(0.3)
        momentum.fill(-0.7)
        LeapfrogOperator<Float>(steps: 3, stepSize: 0.2, boundary: boundary, rows: 3, dimensions: 2)
          .evolve(position: position, momentum: momentum, under: ConstantForce(force))
        for row in 0..<3 {
          for column in 0..<2 {
            let (a, p) = (position[row, column], momentum[row, column])
            let hasWalls = boundary == .clip || boundary == .reflect
            #expect(a.isFinite || !p.isFinite || !hasWalls, "a = \(a), p = \(p) under a force of \(force)")
            if hasWalls && a.isFinite { #expect(abs(a) <= 1) }
            if exponent < 37 { #expect(a.isFinite && p.isFinite, "a = \(a), p = \(p) under a force of \(force)") }
          }
        }
      }
    }
  }

  @Test(arguments: Boundary.allCases)
  func `no boundary turns NaN into an action`(_ boundary: Boundary) {
    let position = Matrix<Float>(rows: 1, columns: 1), momentum = Matrix<Float>(rows: 1, columns: 1)
    LeapfrogOperator<Float>(steps: 2, stepSize: 0.2, boundary: boundary, rows: 1, dimensions: 1)
      .evolve(position: position, momentum: momentum, under: ConstantForce(.nan))
    #expect(position[0, 0].isNaN && momentum[0, 0].isNaN)
  }

  /// Critics whose values and slopes are `scale` times as large.
  private func steepAgent(_ scale: Float, _ boundary: Boundary, training: PolicyKind = .conventional) -> SoftActorCritic<Float> {
    let agent = makeAgent(Float.self, batch: 16) {
      ($0.explorationPolicy, $0.trainingPolicy, $0.boundary) = (.conventional, training, boundary)
      $0.momentumInValue = false
    }
    for twin in [agent.parts.critics.first, agent.parts.critics.second] {
      for critic in [twin.online, twin.target] {
        let last = critic.layers[2].weight
        for column in 0..<last.columns { last[0, column] *= scale }
      }
    }
    return agent
  }

  @Test(arguments: Boundary.allCases, [PolicyKind.conventional, .gaussian])
  func `with critics of any steepness updates give finite numbers or say what is not finite`(
    _ boundary: Boundary, _ training: PolicyKind
  ) throws {
    var (finished, stopped) = (0, 0)
    for scale in [1, 1e4, 1e8, 1e12, 1e15, 1e20, 1e25, 1e30, 1e36] as [Float] {
      let agent = steepAgent(scale, boundary, training: training)
      let actor = agent.makeActor()
      var generator = SeededGenerator(seed: 5)
      var action: [Float] = [0, 0]
      do {
        for _ in 0..<30 {
          try agent.update()
          for (name, value) in zip(agent.report.names, agent.report.values) {
            #expect(value.isFinite, "\(name) with critics \(scale) times as steep")
          }
          try actor.explore([0.2, -0.4, 0.6], into: &action, using: &generator)
          #expect(action.allSatisfy { abs($0) <= 1 }, "\(action) with critics \(scale) times as steep")
          try actor.exploit([0.2, -0.4, 0.6], into: &action, using: &generator)
          #expect(action.allSatisfy { abs($0) <= 1 }, "\(action) with critics \(scale) times as steep")
        }
        finished += 1
        for (name, parameters) in agent.networks {
          #expect(parameters.values.isFinite(), "\(name) with critics \(scale) times as steep")
        }
      } catch AgentError.diverged(_, let value) {
        stopped += 1
        #expect(!value.isFinite)
      }
    }
    #expect(finished > 0 && stopped > 0, "\(finished) finished, \(stopped) stopped")
  }

  @Test func `an action that is not finite is an error, in exploration and in evaluation`() {
    let agent = makeAgent(Float.self) { $0.sac(layers: 1) }
    agent.parts.policy.layers[1].bias[1] = .nan
    let actor = agent.makeActor()
    var generator = SeededGenerator(seed: 5)
    var action: [Float] = [0, 0]
    let error = #expect(throws: AgentError.self) { try actor.exploit([0, 0, 0], into: &action, using: &generator) }
    #expect(error?.description.hasPrefix("the action became nan") == true)
    #expect(throws: AgentError.self) { try actor.explore([0, 0, 0], into: &action, using: &generator) }
  }
}
