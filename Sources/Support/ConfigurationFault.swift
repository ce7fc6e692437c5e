/// An error of which a command tells its user whether the command itself was wrong (exit code 2) or its work failed (1).
public protocol ConfigurationFault: Error {
  var isWrongCommand: Bool { get }
}
