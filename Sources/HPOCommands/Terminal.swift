import Foundation

/// What standard output is, asked anew each time: windows change their size.
enum Terminal {
  /// Whether lines can be drawn over: a terminal that knows how.
  static var isLive: Bool {
    guard isatty(STDOUT_FILENO) == 1, let kind = ProcessInfo.processInfo.environment["TERM"] else { return false }
    return kind != "dumb" && !kind.isEmpty
  }

  /// Columns and rows; `nil` for a pipe or a file.
  static var size: (columns: Int, rows: Int)? {
    guard isatty(STDOUT_FILENO) == 1 else { return nil }
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return (80, 24) }
    return (Int(size.ws_col), max(2, Int(size.ws_row)))
  }
}
