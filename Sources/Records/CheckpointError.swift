/// What a checkpoint or a batch can hold that its HDF5 reader cannot know to be wrong.
public enum CheckpointError: Error, Equatable, CustomStringConvertible {
  /// A network, a batch or λ holds NaN or infinity.
  case notFinite(object: String, file: String)
  /// A setting among the attributes of `/networks` is outside its range, or does not fit the networks beside it.
  case outOfRange(attribute: String, value: String, file: String)
  /// Attributes that make no sense together.
  case contradiction(String, file: String)
  /// A dataset's length contradicts what else the checkpoint says.
  case wrongSize(object: String, found: Int, expected: Int, file: String)
  /// A flag that is neither 0 nor 1.
  case notFlag(object: String, index: Int, value: Float, file: String)
  /// A probe's batch is empty or larger than batches may be.
  case wrongRowCount(found: Int, allowed: String, file: String)
  /// The task has other sizes than the networks; `sizes` and `expected` are observations and actions.
  case wrongEnvironment(name: String, sizes: [Int], expected: [Int], file: String)
  /// A generator, an optimiser or a counter is in a state that no run can have reached.
  case impossibleState(object: String, file: String)

  /// One line: what, where, what next.
  public var description: String {
    switch self {
    case .notFinite(let object, let file):
      "'\(object)' in '\(file)' holds numbers that are not finite; they cannot be computed with"
    case .outOfRange(let attribute, let value, let file):
      "the attribute '\(attribute)' of /networks in '\(file)' cannot be '\(value)'; the file is damaged or from elsewhere"
    case .contradiction(let text, let file):
      "the attributes of /networks in '\(file)' contradict one another (\(text)); the file is damaged or from elsewhere"
    case .wrongSize(let object, let found, let expected, let file):
      "'\(object)' in '\(file)' has \(found) values, \(expected) belong there; the file is damaged or of another run"
    case .notFlag(let object, let index, let value, let file):
      "'\(object)' in '\(file)' holds \(value) at index \(index); it must be 0 or 1, or a boolean"
    case .wrongRowCount(let found, let allowed, let file):
      "'\(file)' has \(found) rows; a batch has \(allowed)"
    case .wrongEnvironment(let name, let sizes, let expected, let file):
      "the networks in '\(file)' are for \(expected[0]) observations and \(expected[1]) actions, \(name) has \(sizes[0]) and "
        + "\(sizes[1]); the file is damaged or from elsewhere"
    case .impossibleState(let object, let file):
      "'\(object)' in '\(file)' is no possible state; the file is damaged; start over with --fresh"
    }
  }
}
