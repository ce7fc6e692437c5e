import CEGL
import Filming
import Foundation

/// An OpenGL context without window or display. It is current only inside of ``withCurrent(_:)``: in which thread it is used next
/// does not matter, and a window's context in the same thread is not in its way between two drawings.
final class OffscreenContext {
  private let egl: UnsafePointer<EGLFunctions>
  private let display: UnsafeMutableRawPointer
  private let context: UnsafeMutableRawPointer

  /// - Throws: ``RenderingError/libraryMissing(reason:packages:)``, ``RenderingError/noRenderer(reason:)``.
  init() throws(RenderingError) {
    let graphics = try Graphics.shared.get()
    egl = graphics.egl
    display = graphics.display
    guard let context = Graphics.makeContext(graphics.egl, graphics.display) else {
      throw .noRenderer(reason: graphics.failure("eglCreateContext"))
    }
    self.context = context
  }

  deinit { _ = egl.pointee.eglDestroyContext(display, context) }

  /// - Throws: ``RenderingError/contextBusy``, ``RenderingError/drawingFailed(reason:)`` where it cannot become current, and what
  ///   `body` throws.
  func withCurrent<Result>(_ body: () throws -> Result) throws -> Result {
    // Each thread has a current API of its own, and OpenGL ES is what it begins with.
    _ = egl.pointee.eglBindAPI(UInt32(egl_opengl_api))
    guard egl.pointee.eglMakeCurrent(display, nil, nil, context) != 0 else {
      let code = egl.pointee.eglGetError()
      if code == Int32(egl_bad_access) { throw RenderingError.contextBusy }
      throw RenderingError.drawingFailed(reason: "eglMakeCurrent gives 0x\(String(code, radix: 16))")
    }
    defer { _ = egl.pointee.eglMakeCurrent(display, nil, nil, nil) }
    return try body()
  }
}

/// EGL and what it draws with, found once per process: the first GPU that works, else Mesa's software.
private struct Graphics: @unchecked Sendable {  // the table and the display are written once, and EGL's calls are thread-safe
  let egl: UnsafePointer<EGLFunctions>
  let display: UnsafeMutableRawPointer

  static let shared: Result<Graphics, RenderingError> = find()

  private static func find() -> Result<Graphics, RenderingError> {
    MesaThreads.leaveOut()
    let egl = UnsafeMutablePointer<EGLFunctions>.allocate(capacity: 1)
    if let reason = egl_load("libEGL.so.1", egl) {
      defer { egl.deallocate() }
      return .failure(.libraryMissing(reason: String(cString: reason), packages: "libegl1 libgl1-mesa-dri"))
    }
    var reason = "EGL offers no display without a screen"
    for display in displays(egl) {
      guard egl.pointee.eglInitialize(display, nil, nil) != 0 else {
        reason = failure(egl, "eglInitialize")
        continue
      }
      // Proof rather than promise: a GPU that this user may not open fails here at the latest.
      guard let context = makeContext(egl, display) else {
        reason = failure(egl, "eglCreateContext")
        continue
      }
      let works = egl.pointee.eglMakeCurrent(display, nil, nil, context) != 0
      if !works { reason = failure(egl, "eglMakeCurrent") }
      _ = egl.pointee.eglMakeCurrent(display, nil, nil, nil)
      _ = egl.pointee.eglDestroyContext(display, context)
      if works { return .success(Graphics(egl: egl, display: display)) }
    }
    return .failure(.noRenderer(reason: reason))
  }

  /// In the order in which they are tried.
  private static func displays(_ egl: UnsafePointer<EGLFunctions>) -> [UnsafeMutableRawPointer] {
    guard let getDisplay = egl.pointee.eglGetPlatformDisplayEXT else { return [] }
    var devices = [UnsafeMutableRawPointer?](repeating: nil, count: 64)
    var count: Int32 = 0
    if let query = egl.pointee.eglQueryDevicesEXT, query(Int32(devices.count), &devices, &count) == 0 { count = 0 }
    let gpus = devices.prefix(Int(count)).compactMap(\.self).filter { device in
      guard let text = egl.pointee.eglQueryDeviceStringEXT?(device, Int32(egl_extensions)) else { return true }
      return !String(cString: text).contains("EGL_MESA_device_software")
    }
    return gpus.compactMap { getDisplay(UInt32(egl_platform_device), $0, nil) }
      + [getDisplay(UInt32(egl_platform_surfaceless), nil, nil)].compactMap(\.self)
  }

  /// A context for OpenGL with its fixed functions, which MuJoCo draws by.
  static func makeContext(
    _ egl: UnsafePointer<EGLFunctions>, _ display: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer? {
    let wanted = [
      egl_surface_type, egl_pbuffer_bit, egl_renderable_type, egl_opengl_bit, egl_red_size, 8, egl_green_size, 8, egl_blue_size, 8,
      egl_depth_size, 24, egl_stencil_size, 8, egl_none,
    ].map { Int32($0) }
    var configuration: UnsafeMutableRawPointer?
    var count: Int32 = 0
    guard egl.pointee.eglBindAPI(UInt32(egl_opengl_api)) != 0,
      egl.pointee.eglChooseConfig(display, wanted, &configuration, 1, &count) != 0, count > 0
    else { return nil }
    return egl.pointee.eglCreateContext(display, configuration, nil, nil)
  }

  func failure(_ call: String) -> String { Self.failure(egl, call) }

  private static func failure(_ egl: UnsafePointer<EGLFunctions>, _ call: String) -> String {
    "\(call) gives 0x\(String(egl.pointee.eglGetError(), radix: 16))"
  }
}

/// Mesa's software renderer, told to work in the thread that draws: the other processors are a training run's.
enum MesaThreads {
  /// To be called before the library is loaded. Who has set LP_NUM_THREADS has it as it is set.
  static func leaveOut() { setenv("LP_NUM_THREADS", "0", 0) }
}
