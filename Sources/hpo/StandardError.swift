import Foundation

/// stderr as a print target.
struct StandardError: TextOutputStream {
  mutating func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}

nonisolated(unsafe) var standardError = StandardError()
