import CMuJoCoGuard

/// The one place where MuJoCo's process-wide error and warning handling is set up (see `CMuJoCoGuard.h`).
package enum ErrorGuard {
  /// Evaluated before the first model is loaded, so before any call that can fail.
  static let installed: Void = {
    mujoco_guard_install()
    // MuJoCo's own plugins (elasticity, sensors, actuators, signed distance fields), as Python's package loads them.
    mujoco_guard_load_plugins()
  }()

  /// MuJoCo's message for the guarded call that just failed on this thread, as one line.
  static var message: String {
    String(cString: mujoco_guard_message()).split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// Throws a C++ exception where MuJoCo might, for a test; gives the message that arrived.
  package static func passException(_ text: String) -> String? {
    mujoco_guard_throw_through(text) ? nil : message
  }

  /// Raises MuJoCo's error for a test; gives the message that arrived.
  package static func raise(_ text: String) -> String? {
    _ = installed
    return mujoco_guard_raise(text) ? nil : message
  }
}
