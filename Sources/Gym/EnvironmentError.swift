/// What can be wrong with a task's name, parameters, model or use, in one line each.
public enum EnvironmentError: Error, Equatable, CustomStringConvertible {
  case unknownEnvironment(String, nearest: String?, known: [String])
  case unknownParameter(String, environment: String, nearest: String?)
  case invalidParameter(String, value: ParameterValue, environment: String, expectation: String)
  /// No such file among the shipped models.
  case modelNotFound(file: String, folder: String)
  /// A model that the task's rules do not apply to.
  case modelDoesNotFit(path: String, environment: String, reason: String)
  case wrongActionCount(environment: String, expected: Int, given: Int)
  case wrongStateCount(environment: String, quantity: String, expected: Int, given: Int)
  /// A task of Gymnasium's that it cannot run with today's simulators either.
  case unsupportedEnvironment(String, reason: String, instead: String)
  /// Only with `divergence=throw`.
  case diverged(environment: String, reason: String)

  public var description: String {
    switch self {
    case .unknownEnvironment(let name, let nearest?, _):
      "unknown environment '\(name)'; did you mean '\(nearest)'?"
    case .unknownEnvironment(let name, nil, let known):
      "unknown environment '\(name)'; known are \(known.joined(separator: ", "))"
    case .unknownParameter(let name, let environment, let nearest?):
      "unknown parameter '\(name)' of \(environment); did you mean '\(nearest)'?"
    case .unknownParameter(let name, let environment, nil):
      "unknown parameter '\(name)' of \(environment); 'hpo env show \(environment)' lists them"
    case .invalidParameter(let name, let value, let environment, let expectation):
      "parameter '\(name)' of \(environment) cannot be '\(value)'; it must be \(expectation)"
    case .modelNotFound(let file, let folder):
      "there is no model '\(file)' in '\(folder)'; run 'make setup', or begin xml_file with '.', '/' or '~' for a path"
    case .modelDoesNotFit(let path, let environment, let reason):
      "the model '\(path)' does not suit \(environment): \(reason)"
    case .wrongActionCount(let environment, let expected, let given):
      "\(environment) takes actions of \(expected) numbers, got \(given)"
    case .wrongStateCount(let environment, let quantity, let expected, let given):
      "\(environment) takes \(expected) \(quantity), got \(given)"
    case .unsupportedEnvironment(let name, let reason, let instead):
      "\(name) is not supported: \(reason); use \(instead)"
    case .diverged(let environment, let reason):
      "the simulation of \(environment) diverged: \(reason) Gymnasium would go on, and so does a run without environment.divergence"
    }
  }
}
