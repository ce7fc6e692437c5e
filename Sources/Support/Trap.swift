/// Stops the program at a caller's slip, saying what was expected and what came.
/// `precondition` would do, but release builds drop its message, and a shape error without shapes helps nobody.
@inline(__always)
public func demand(
  _ condition: Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) {
  if !condition { fatalError(message(), file: file, line: line) }
}

/// Stops the program where a caller's slip has left nothing to return.
public func trap(_ message: String, file: StaticString = #fileID, line: UInt = #line) -> Never {
  fatalError(message, file: file, line: line)
}
