/// Stops the program at a caller's slip or in a state that Bullet can not be in. `precondition` prints no message in release builds; this
/// does. Not LinearAlgebra's `demand`: a wrapper of a simulator has no business with matrices.
func trap(unless condition: Bool, _ message: @autoclosure () -> String) {
  if !condition { fatalError(message()) }
}
