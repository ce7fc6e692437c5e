import Support

/// What can go wrong in MuJoCo, in one line each: what, where, what next.
public enum MuJoCoError: Error, Equatable, CustomStringConvertible {
  /// The file is not there or not ours to read; `reason` is the operating system's.
  case modelNotReadable(path: String, reason: String)
  /// MuJoCo refused the file; `reason` is its own message.
  case modelNotLoaded(path: String, reason: String)
  /// A call raised MuJoCo's error; `reason` is its own message.
  case callFailed(function: String, model: String, reason: String)
  /// A caller's array does not fit the model.
  case wrongCount(quantity: String, expected: Int, given: Int)

  /// One line: what, where, what next.
  public var description: String {
    switch self {
    case .modelNotReadable(let path, let reason):
      "could not read the model '\(path)': \(reason); give the path of an MJCF file"
    case .modelNotLoaded(let path, let reason):
      "MuJoCo could not load '\(path)': \(reason); is it a complete MJCF model?"
    case .callFailed(let function, let model, let reason):
      "MuJoCo's \(function) failed on the model '\(model)': \(reason); reset the simulation or change the model"
    case .wrongCount(let quantity, let expected, let given):
      "the model takes \(expected) \(quantity), got \(given)"
    }
  }
}

extension MuJoCoError: ConfigurationFault {
  /// A model that is missing or none was named by the command.
  public var isWrongCommand: Bool {
    switch self {
    case .modelNotReadable, .modelNotLoaded: true
    case .callFailed, .wrongCount: false
    }
  }
}
