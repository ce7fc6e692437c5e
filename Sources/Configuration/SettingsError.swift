/// What can be wrong with a configuration, in one line each.
public enum SettingsError: Error, Equatable, CustomStringConvertible {
  /// No setting has this key.
  case unknownKey(String, nearest: String?, source: String)
  /// A value is no number, out of range or none of the names allowed.
  case invalidValue(key: String, value: String, expectation: String, source: String)
  /// No algorithm has this name.
  case unknownAlgorithm(String, nearest: String?, known: String)
  /// A settings file is missing, too large or no flat YAML.
  case unreadable(file: String, reason: String)
  /// Another check's message, with the place where the value was written.
  case located(source: String, String)
  /// Settings that make no sense together.
  case contradiction(String)
  /// A setting is not what the algorithm's name stands for, and the run has no name of its own.
  case misleadingName(algorithm: String, key: String, value: String, standsFor: String, fitting: String?)

  /// One line: what, where, what next.
  public var description: String {
    switch self {
    case .unknownKey(let key, let nearest?, let source):
      "\(source): unknown setting '\(key)'; did you mean '\(nearest)'?"
    case .unknownKey(let key, nil, let source):
      "\(source): unknown setting '\(key)'; 'hpo settings' lists them"
    case .invalidValue(let key, let value, let expectation, let source):
      "\(source): '\(key)' cannot be '\(value)'; it must be \(expectation)"
    case .unknownAlgorithm(let name, let nearest, let known):
      "unknown algorithm '\(name)'; " + (nearest.map { "did you mean '\($0)'?" } ?? "known are \(known)")
    case .unreadable(let file, let reason):
      "cannot read settings from '\(file)': \(reason)"
    case .located(let source, let message):
      "\(source): \(message)"
    case .contradiction(let text): text
    case .misleadingName(let algorithm, let key, let value, let standsFor, let fitting):
      "algorithm '\(algorithm)' stands for \(key) '\(standsFor)', not '\(value)'; "
        + (fitting.map { "take algorithm '\($0)', or give" } ?? "give") + " the run a name of its own with --name"
    }
  }
}
