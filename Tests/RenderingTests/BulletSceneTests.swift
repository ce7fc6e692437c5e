import Environments
import Filming
import Gym
import MuJoCo
import Random
import Rendering
import Testing

@Suite(.enabled(if: RoboschoolHumanoid.isAvailable, "Bullet is needed: make setup-bullet")) struct BulletSceneTests {
  /// Steps of the same actions in a world of the seed's.
  private func play(
    _ environment: RoboschoolHumanoid, steps: Int, each: () throws -> Void = {}
  ) throws -> [[Double]] {
    var generator = SeededGenerator(seed: 2)
    try environment.reset(using: &generator)
    var observations = [environment.observation]
    for _ in 0..<steps {
      let action = (0..<17).map { _ in Float(generator.uniform(-1, 1)) }
      if try environment.step(action).ending != nil { break }
      try each()
      observations.append(environment.observation)
    }
    return observations
  }

  @Test func `looking changes nothing: bit for bit the same trajectory with a look at each step`() throws {
    let environment = try RoboschoolHumanoid(.flagrunHarder)
    let plain = try play(environment, steps: 150)
    #expect(plain.count > 100)
    #expect(try play(environment, steps: 150) { _ = try environment.pose() } == plain)
  }

  @Test func `links are where Bullet has them, within a millimetre, whatever the posture`() throws {
    let environment = try RoboschoolHumanoid(.walk)
    var simulation = try Simulation(try environment.visualModel())
    let names = simulation.model.bodies.map(\.name)
    var (furthest, compared) = (0.0, 0)
    _ = try play(environment, steps: 40) {
      let pose = try environment.pose()
      try simulation.setState(positions: pose.positions, velocities: Array(repeating: 0, count: simulation.model.velocityCount))
      try simulation.forward()
      let frames = simulation.read(.bodyPositions) { Array($0) }
      for (name, place) in try environment.linkFramePositions() {
        // Bullet has links of its own between the joints of one body.
        guard let body = names.firstIndex(of: name) else { continue }
        let apart = place - SIMD3(frames[3 * body], frames[3 * body + 1], frames[3 * body + 2])
        furthest = max(furthest, (apart * apart).sum().squareRoot())
        compared += 1
      }
    }
    #expect(furthest < 1e-3)
    // Every body but the world and the torso, at each step.
    #expect(compared >= 10 * (names.count - 2) && compared % (names.count - 2) == 0)
  }

  @Test func `the flag and the cube are in the picture`() throws {
    let environment = try RoboschoolHumanoid(.flagrunHarder)
    _ = try play(environment, steps: 1)
    let markers = try environment.pose().markers
    #expect(markers.map(\.shape) == [.sphere(radius: 0.5), .box(halfSize: [0.025, 0.025, 0.025])])
    #expect(markers[0].position.z == 0.7)
    // Beside the humanoid, on the floor.
    #expect(abs(markers[1].position.x + 1.5) < 0.01 && markers[1].position.z < 0.06)
    #expect(try RoboschoolHumanoid(.walk).pose().markers.isEmpty)
  }
}
