import Gym
import MuJoCo

/// What a task cannot do without: the same model, sub-steps and, where the task needs them, contact forces. The speed
/// limit that `hpo bench environments` measures a task against.
final class BareSimulation: BareSimulator {
  private var simulation: Simulation
  private let frameSkip: Int
  private let computesExternalForces: Bool

  init(of world: SimulatedWorld) throws(MuJoCoError) {
    simulation = try Simulation(world.model)
    frameSkip = world.frameSkip
    computesExternalForces = world.needsExternalForces
  }

  /// As the task's own `setState`.
  func setState(qpos: [Double], qvel: [Double]) throws {
    try simulation.reset()
    try simulation.setState(positions: qpos, velocities: qvel)
    try simulation.forward()
  }

  /// - Parameter controls: in the actuators' units.
  func step(controls: [Double]) throws {
    try controls.withUnsafeBufferPointer { try simulation.setControls($0) }
    try simulation.step(frameSkip)
    if computesExternalForces { try simulation.computeExternalForces() }
  }

  var qpos: [Double] { simulation.read(.positions) { Array($0) } }

  func reset(replaying start: [[Double]]) throws { try setState(qpos: start[0], qvel: start[1]) }
}

extension SimulatedTask {
  func bareSimulator() throws -> any BareSimulator { try BareSimulation(of: world) }
}
