/// Stops the program at a caller's slip. `precondition` prints no message in release builds; this does.
func trap(unless condition: Bool, _ message: @autoclosure () -> String) {
  if !condition { fatalError(message()) }
}
