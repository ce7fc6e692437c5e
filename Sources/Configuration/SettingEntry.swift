/// One `key: value` and where it was written, for messages.
public struct SettingEntry: Sendable, Equatable {
  /// A setting's key, or `environment.<name>`.
  public var key: String
  /// As written.
  public var value: String
  /// `settings.yaml, line 3` or `--set`.
  public var source: String

  /// - Parameter source: where it was written, for messages.
  public init(key: String, value: String, source: String) {
    self.key = key
    self.value = value
    self.source = source
  }

  /// Parses `key=value`.
  public init(assignment: String) throws(SettingsError) {
    guard let equals = assignment.firstIndex(of: "="), equals > assignment.startIndex else {
      throw .invalidValue(key: "--set", value: assignment, expectation: "key=value", source: "command line")
    }
    self.init(
      key: String(assignment[..<equals]), value: String(assignment[assignment.index(after: equals)...]), source: "--set")
  }
}
