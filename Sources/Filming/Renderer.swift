import Gym

/// Takes pictures of one environment.
public protocol Renderer: AnyObject {
  /// Seconds from one step of the environment to the next.
  var controlPeriod: Double { get }

  /// Draws the environment's present state.
  /// - Parameters:
  ///   - picture: the size that is wanted; receives the drawing.
  ///   - caption: written into a corner, where the renderer can write.
  func draw(into picture: inout Picture, caption: String?) throws
}

/// An environment that draws itself.
public final class SelfPortrait: Renderer {
  private let environment: any DrawableEnvironment
  /// The environment's.
  public var controlPeriod: Double { environment.controlPeriod }

  /// - Parameter camera: there is none to choose.
  /// - Throws: ``RenderingError/unknownCamera(_:environment:known:)``.
  public init(of environment: any DrawableEnvironment, camera: String? = nil) throws(RenderingError) {
    if let camera { throw .unknownCamera(camera, environment: environment.specification.id, known: ["none, as it draws itself"]) }
    self.environment = environment
  }

  /// The environment's own drawing; captions are left out.
  public func draw(into picture: inout Picture, caption: String?) throws { try environment.draw(into: &picture) }
}

/// How a program shows environments, handed to what makes films and opens windows: those know no simulator.
public struct Drawing: Sendable {
  /// A renderer for pictures up to a size, through a camera by name (`nil`: the usual one).
  public var makeRenderer: @Sendable (_ environment: any Environment, _ width: Int, _ height: Int, _ camera: String?) throws -> any Renderer
  /// Opens a window on a performance, on the main thread, and returns when it is closed. `newest` is asked every second for who
  /// shall take over from the next episode on.
  public var watch: @Sendable (_ performance: Performance, _ camera: String?, _ newest: (() throws -> Performer?)?) throws -> Void

  public init(
    makeRenderer:
      @escaping @Sendable (
        _ environment: any Environment, _ width: Int, _ height: Int, _ camera: String?
      ) throws -> any Renderer,
    watch:
      @escaping @Sendable (
        _ performance: Performance, _ camera: String?, _ newest: (() throws -> Performer?)?
      ) throws -> Void
  ) {
    self.makeRenderer = makeRenderer
    self.watch = watch
  }

  /// Films of environments that draw themselves, and no window: what there is without a graphics library.
  public static let selfPortraits = Drawing(
    makeRenderer: { environment, _, _, camera in try selfPortrait(of: environment, camera: camera) },
    watch: { _, _, _ in throw RenderingError.noWindow(reason: "this program was built without the module Rendering") })

  private static func selfPortrait(of environment: any Environment, camera: String?) throws(RenderingError) -> SelfPortrait {
    switch environment {
    case let limited as TimeLimit: return try selfPortrait(of: limited.environment, camera: camera)
    case let drawable as any DrawableEnvironment: return try SelfPortrait(of: drawable, camera: camera)
    default: throw .notDrawable(environment: environment.specification.id)
    }
  }
}
