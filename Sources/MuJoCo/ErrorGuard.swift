import CMuJoCoGuard

/// The one place where MuJoCo's process-wide error and warning handling is set up (see `CMuJoCoGuard.h`).
package enum ErrorGuard {
  /// Evaluated before the first model is loaded, so before any call that can fail.
  static let installed: Void = mujoco_guard_install()

  /// MuJoCo's message for the guarded call that just failed on this thread, as one line.
  static var message: String {
    String(cString: mujoco_guard_message()).split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// Raises MuJoCo's error for a test; gives the message that arrived.
  package static func raise(_ text: String) -> String? {
    _ = installed
    return mujoco_guard_raise(text) ? nil : message
  }
}
