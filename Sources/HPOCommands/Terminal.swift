import Foundation

/// A terminal on which a line can be drawn again.
struct Terminal {
  private let descriptor: Int32

  /// `nil` where the descriptor is no terminal, or one that knows no control sequences (TERM=dumb, or no TERM at all).
  init?(_ descriptor: Int32) {
    let kind = ProcessInfo.processInfo.environment["TERM"] ?? ""
    guard isatty(descriptor) == 1, !kind.isEmpty, kind != "dumb" else { return nil }
    self.descriptor = descriptor
  }

  /// Characters in a line now: the window may have changed. A line of as many would wrap on some terminals.
  var columns: Int {
    var size = winsize()
    if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 { return Int(size.ws_col) }
    return 80
  }
}
