import Foundation

/// Lines at the end of a terminal's output that are drawn again and again, below those that stay.
final class LiveLines {
  /// Whether there is a terminal that can.
  let isLive = Terminal.isLive
  private var drawn = 0

  /// Draws lines over the last ones, cut to the terminal's width.
  func draw(_ lines: [String]) {
    guard isLive, let size = Terminal.size else { return }
    // A line that fills the last column, or the last row, would move the others.
    let text = lines.suffix(max(1, size.rows - 1)).map { String($0.prefix(size.columns - 1)) + "\u{1B}[K\n" }
    put(upwards + text.joined() + "\u{1B}[J", on: STDOUT_FILENO)
    drawn = text.count
  }

  /// Lines that there is room for.
  var room: Int { max(1, (Terminal.size?.rows ?? 24) - 1) }

  /// Takes them away.
  func erase() {
    if drawn > 0 { put(upwards + "\u{1B}[J", on: STDOUT_FILENO) }
    drawn = 0
  }

  private var upwards: String { drawn > 0 ? "\r\u{1B}[\(drawn)A" : "" }
}
