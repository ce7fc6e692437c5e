import CGLFW
import Filming
import Foundation
import Support

/// A window of GLFW's, and what a hand does in it. For the main thread alone, as window systems want it; one at a time.
final class Window {
  private let glfw: UnsafePointer<GLFWFunctions>
  private let handle: OpaquePointer
  private var events: [Event] = []
  private var cursor = SIMD2<Double>.zero
  var title: String {
    didSet { if title != oldValue { glfw.pointee.glfwSetWindowTitle(handle, title) } }
  }

  /// What happened since the last look.
  enum Event {
    /// Pressed, or held long enough to repeat; GLFW's code.
    case key(Int)
    /// A fraction of the window's height, x to the right and y downwards.
    case drag(Button, SIMD2<Double>)
    /// Notches of the wheel, away from the hand.
    case scroll(Double)
    /// The window was resized or uncovered.
    case exposed
  }

  enum Button { case left, right }

  /// - Throws: ``RenderingError/libraryMissing(reason:packages:)``, ``RenderingError/noWindow(reason:)``.
  init(title: String, width: Int, height: Int) throws(RenderingError) {
    demand(Thread.isMainThread, "a window belongs to the main thread")
    let glfw = try GLFWLibrary.shared.get().functions
    func failure() -> RenderingError {
      let message = String(cString: glfw_message())
      return .noWindow(reason: message.isEmpty ? "GLFW gives no reason" : message)
    }
    guard glfw.pointee.glfwInit() != 0 else { throw failure() }
    // Smooth edges where the display has them.
    glfw.pointee.glfwWindowHint(Int32(glfw_samples), 4)
    var made = glfw.pointee.glfwCreateWindow(Int32(width), Int32(height), title, nil, nil)
    if made == nil {
      glfw.pointee.glfwWindowHint(Int32(glfw_samples), 0)
      made = glfw.pointee.glfwCreateWindow(Int32(width), Int32(height), title, nil, nil)
    }
    guard let made else {
      let failure = failure()
      glfw.pointee.glfwTerminate()
      throw failure
    }
    self.glfw = glfw
    handle = made
    self.title = title
    listen()
    withCurrent { glfw.pointee.glfwSwapInterval(1) }
  }

  deinit {
    glfw.pointee.glfwDestroyWindow(handle)
    glfw.pointee.glfwTerminate()
  }

  /// Asked to close by its frame's button or the window system.
  var shouldClose: Bool { glfw.pointee.glfwWindowShouldClose(handle) != 0 }

  /// Pixels.
  var size: (width: Int, height: Int) {
    var (width, height): (Int32, Int32) = (0, 0)
    glfw.pointee.glfwGetFramebufferSize(handle, &width, &height)
    return (Int(width), Int(height))
  }

  /// Of text, for displays with small pixels.
  var contentScale: Double {
    var (x, y): (Float, Float) = (1, 1)
    glfw.pointee.glfwGetWindowContentScale(handle, &x, &y)
    return Double(max(x, y))
  }

  /// Drawing happens inside of `body`. In between another context may be current, an offscreen one for instance.
  func withCurrent<Result>(_ body: () throws -> Result) rethrows -> Result {
    glfw.pointee.glfwMakeContextCurrent(handle)
    defer { glfw.pointee.glfwMakeContextCurrent(nil) }
    return try body()
  }

  /// Shows what has been drawn; its context is current.
  func present() { glfw.pointee.glfwSwapBuffers(handle) }

  /// Sleeps until something happens or `seconds` are over.
  /// - Returns: what has happened since the last call.
  func wait(_ seconds: Double) -> [Event] {
    if seconds > 0 { glfw.pointee.glfwWaitEventsTimeout(seconds) } else { glfw.pointee.glfwPollEvents() }
    defer { events.removeAll(keepingCapacity: true) }
    return events
  }

  private func listen() {
    glfw.pointee.glfwSetWindowUserPointer(handle, Unmanaged.passUnretained(self).toOpaque())
    var (x, y) = (0.0, 0.0)
    glfw.pointee.glfwGetCursorPos(handle, &x, &y)
    cursor = SIMD2(x, y)
    _ = glfw.pointee.glfwSetKeyCallback(handle) { handle, key, _, action, _ in
      if action != Int32(glfw_release) { Window.of(handle)?.events.append(.key(Int(key))) }
    }
    _ = glfw.pointee.glfwSetCursorPosCallback(handle) { handle, x, y in Window.of(handle)?.moveCursor(to: SIMD2(x, y)) }
    _ = glfw.pointee.glfwSetScrollCallback(handle) { handle, _, y in Window.of(handle)?.events.append(.scroll(y)) }
    _ = glfw.pointee.glfwSetWindowRefreshCallback(handle) { handle in Window.of(handle)?.events.append(.exposed) }
  }

  /// The window behind GLFW's handle.
  private static func of(_ handle: OpaquePointer?) -> Window? {
    guard let handle, let glfw = try? GLFWLibrary.shared.get().functions,
      let pointer = glfw.pointee.glfwGetWindowUserPointer(handle)
    else { return nil }
    return Unmanaged<Window>.fromOpaque(pointer).takeUnretainedValue()
  }

  private func moveCursor(to place: SIMD2<Double>) {
    defer { cursor = place }
    var (width, height): (Int32, Int32) = (0, 0)
    glfw.pointee.glfwGetWindowSize(handle, &width, &height)
    guard height > 0 else { return }
    let moved = (place - cursor) / Double(height)
    func isDown(_ button: Int) -> Bool { glfw.pointee.glfwGetMouseButton(handle, Int32(button)) != Int32(glfw_release) }
    if isDown(Int(glfw_mouse_button_left)) {
      events.append(.drag(.left, moved))
    } else if isDown(Int(glfw_mouse_button_right)) || isDown(Int(glfw_mouse_button_middle)) {
      events.append(.drag(.right, moved))
    }
  }
}

/// GLFW, loaded when the first window is wanted.
private struct GLFWLibrary: @unchecked Sendable {  // the table is written once, then only read
  let functions: UnsafePointer<GLFWFunctions>

  static let shared: Result<GLFWLibrary, RenderingError> = {
    MesaThreads.leaveOut()
    let functions = UnsafeMutablePointer<GLFWFunctions>.allocate(capacity: 1)
    if let reason = glfw_load("libglfw.so.3", functions) {
      defer { functions.deallocate() }
      return .failure(.libraryMissing(reason: String(cString: reason), packages: "libglfw3"))
    }
    glfw_keep_messages(functions)
    return .success(GLFWLibrary(functions: functions))
  }()
}
