/// An environment that can show itself: then `hpo video` and `hpo watch` work for it too.
///
/// Nothing but an array of bytes is asked for. Draw with ``Picture``'s lines and rectangles, or write its bytes.
public protocol DrawableEnvironment: Environment {
  /// Seconds that a step stands for: a film's frames follow one another at this distance.
  var controlPeriod: Double { get }

  /// Paints the present state.
  /// - Parameter picture: in the size that is wanted, and never twice the same for sure: paint all of it.
  func draw(into picture: inout Picture) throws
}
