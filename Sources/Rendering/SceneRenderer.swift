import Environments
import Filming
import Gym
import MuJoCo
import Support

extension Drawing {
  /// MuJoCo's renderer for tasks that have a pose in a MuJoCo model, their own drawing for others; windows by GLFW.
  public static let mujoco = Drawing(
    makeRenderer: { try Rendering.makeRenderer(of: $0, width: $1, height: $2, camera: $3) },
    watch: { try Viewer($0, camera: $1, newest: $2).run() })
}

/// The renderer that an environment calls for: its own drawing, or MuJoCo's by its pose.
/// - Parameters:
///   - width, height: of the largest picture that will be drawn, pixels.
///   - camera: by name; `nil` for the usual one. An environment that draws itself has none.
/// - Throws: `RenderingError`, and what the environment's model throws.
public func makeRenderer(
  of environment: any Environment, width: Int, height: Int, camera: String? = nil
) throws -> any Renderer {
  switch environment {
  case let limited as TimeLimit:
    return try makeRenderer(of: limited.environment, width: width, height: height, camera: camera)
  case let environment as any PosedEnvironment:
    return try SceneRenderer(of: environment, width: width, height: height, camera: camera)
  default:
    return try Drawing.selfPortraits.makeRenderer(environment, width, height, camera)
  }
}

/// MuJoCo's renderer, offscreen.
final class SceneRenderer: Renderer {
  private let environment: any PosedEnvironment
  private let scene: VisualScene
  private let offscreen: OffscreenContext
  /// Ended by hand: OpenGL has to be current then.
  private var context: RenderContext?
  private let largest: (width: Int, height: Int)
  private var rows: [UInt8]

  var controlPeriod: Double { environment.controlPeriod }

  init(of environment: any PosedEnvironment, width: Int, height: Int, camera: String?) throws {
    self.environment = environment
    scene = try VisualScene(try environment.visualModel(), width: width, height: height, viewpoint: environment.viewpoint)
    try scene.choose(camera, environment: environment)
    offscreen = try OffscreenContext()
    largest = (width, height)
    rows = Array(repeating: 0, count: 3 * width * height)
    context = try offscreen.withCurrent { try drawing { try RenderContext(scene) } }
  }

  deinit { try? offscreen.withCurrent { context = nil } }

  func draw(into picture: inout Picture, caption: String?) throws {
    demand(
      picture.width <= largest.width && picture.height <= largest.height,
      "a renderer of \(largest.width)x\(largest.height) cannot draw \(picture.width)x\(picture.height)")
    let overlay = RenderContext.Overlay(bottomLeft: caption.map { [($0, "")] } ?? [])
    let (width, height) = (picture.width, picture.height)
    try scene.show(try environment.pose())
    try offscreen.withCurrent {
      try rows.withUnsafeMutableBufferPointer { rows in
        try drawing {
          try context?.draw(scene, width: width, height: height, overlay: overlay, into: rows.baseAddress!)
        }
      }
    }
    picture.setRowsFromBelow(rows)
  }
}

extension VisualScene {
  /// - Throws: `RenderingError.unknownCamera(_:environment:known:)`.
  func choose(_ camera: String?, environment: any Environment) throws(RenderingError) {
    guard let camera, !look(through: camera) else { return }
    throw .unknownCamera(camera, environment: environment.specification.id, known: cameraNames)
  }
}

extension Picture {
  /// - Parameter rows: [height, width, 3] and perhaps more, OpenGL's way round.
  mutating func setRowsFromBelow(_ rows: [UInt8]) {
    let stride = 3 * width
    let height = height
    bytes.withUnsafeMutableBufferPointer { bytes in
      for row in 0..<height {
        for index in 0..<stride { bytes[row * stride + index] = rows[(height - 1 - row) * stride + index] }
      }
    }
  }

  /// The other way.
  func copyRowsFromBelow(into rows: inout [UInt8]) {
    let stride = 3 * width
    for row in 0..<height {
      for index in 0..<stride { rows[(height - 1 - row) * stride + index] = bytes[row * stride + index] }
    }
  }
}

/// MuJoCo's failures as what they mean here.
func drawing<Result>(_ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch MuJoCoError.callFailed(_, _, let reason) {
    throw RenderingError.drawingFailed(reason: reason)
  }
}
