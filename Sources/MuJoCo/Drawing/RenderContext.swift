import CMuJoCo
import CMuJoCoGuard

/// What OpenGL keeps of a scene's model. Made, used and freed with one and the same OpenGL context current in the calling thread;
/// who owns that context sees to it.
package final class RenderContext {
  private let pointer: UnsafeMutablePointer<mjrContext>

  /// Lines of text in a picture's corners, in two columns.
  package struct Overlay {
    package var topLeft: [(String, String)]
    package var bottomLeft: [(String, String)]

    package init(topLeft: [(String, String)] = [], bottomLeft: [(String, String)] = []) {
      self.topLeft = topLeft
      self.bottomLeft = bottomLeft
    }
  }

  /// - Parameter fontScale: per cent, a multiple of 50 from 50 to 300.
  /// - Throws: ``MuJoCoError/callFailed(function:model:reason:)``, for instance where no OpenGL library is loaded.
  package init(_ scene: VisualScene, fontScale: Int = 100) throws(MuJoCoError) {
    guard let pointer = mujoco_guard_make_context(scene.model, Int32(fontScale)) else {
      throw .callFailed(function: "mjr_makeContext", model: "drawn", reason: ErrorGuard.message)
    }
    self.pointer = pointer
  }

  deinit { mujoco_free_context(pointer) }

  /// Draws into a buffer of its own.
  /// - Parameter rows: receives [height, width, 3] bytes, the lowest row first.
  package func draw(
    _ scene: VisualScene, width: Int, height: Int, overlay: Overlay = Overlay(), into rows: UnsafeMutablePointer<UInt8>
  ) throws(MuJoCoError) {
    try check(
      "mjr_render",
      withText(overlay) {
        mujoco_guard_draw_offscreen(scene.scene, pointer, Int32(width), Int32(height), $0, rows)
      })
  }

  /// Draws into the window that the current context belongs to.
  package func drawWindow(_ scene: VisualScene, width: Int, height: Int, overlay: Overlay) throws(MuJoCoError) {
    try check(
      "mjr_render",
      withText(overlay) {
        mujoco_guard_draw_window(scene.scene, pointer, Int32(width), Int32(height), $0)
      })
  }

  /// Shows a picture in the window that the current context belongs to.
  /// - Parameter rows: [pictureHeight, pictureWidth, 3] bytes, the lowest row first.
  package func drawWindow(
    _ rows: UnsafePointer<UInt8>, pictureWidth: Int, pictureHeight: Int, width: Int, height: Int, overlay: Overlay
  ) throws(MuJoCoError) {
    try check(
      "mjr_drawPixels",
      withText(overlay) {
        mujoco_guard_draw_pixels(
          rows, Int32(pictureWidth), Int32(pictureHeight), pointer, Int32(width), Int32(height), $0)
      })
  }

  private func check(_ function: String, _ completed: Bool) throws(MuJoCoError) {
    guard completed else { throw .callFailed(function: function, model: "drawn", reason: ErrorGuard.message) }
  }

  private func withText(_ overlay: Overlay, _ body: (UnsafePointer<mujoco_overlay>) -> Bool) -> Bool {
    func column(_ lines: [(String, String)], _ text: KeyPath<(String, String), String>) -> String {
      lines.map { $0[keyPath: text] }.joined(separator: "\n")
    }
    return column(overlay.topLeft, \.0).withCString { top0 in
      column(overlay.topLeft, \.1).withCString { top1 in
        column(overlay.bottomLeft, \.0).withCString { bottom0 in
          column(overlay.bottomLeft, \.1).withCString { bottom1 in
            var text = mujoco_overlay()
            if !overlay.topLeft.isEmpty { text.top_left = (top0, top1) }
            if !overlay.bottomLeft.isEmpty { text.bottom_left = (bottom0, bottom1) }
            return body(&text)
          }
        }
      }
    }
  }
}
