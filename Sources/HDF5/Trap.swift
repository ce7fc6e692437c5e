/// Stops the program at a caller's slip. `precondition` prints no message in release builds; this does.
/// Not LinearAlgebra's `demand`: a wrapper of a file format has no business with matrices.
func trap(unless condition: Bool, _ message: @autoclosure () -> String) {
  if !condition { fatalError(message()) }
}
