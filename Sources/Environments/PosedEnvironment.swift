import Gym
import MuJoCo

/// A task that MuJoCo's renderer can draw, whatever simulates it.
public protocol PosedEnvironment: Environment {
  /// Seconds per action.
  var controlPeriod: Double { get }

  /// The model to be drawn, whose positions ``pose()`` gives; asked for once by each renderer.
  func visualModel() throws -> Model

  /// Where everything is now.
  func pose() throws -> Pose

  /// Where it is looked at from; `nil` for the model's camera `track`, or where it has none MuJoCo's view of the whole model.
  var viewpoint: Viewpoint? { get }
}

extension PosedEnvironment {
  /// The model's camera.
  public var viewpoint: Viewpoint? { nil }
}

extension SimulatedTask {
  /// The one that is simulated.
  func visualModel() -> Model { world.model }

  func pose() -> Pose { Pose(positions: qpos) }
}
