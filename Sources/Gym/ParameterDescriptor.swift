import Support

/// One constructor parameter of a task: what `hpo env show` prints and ``Parameters`` validates against.
public struct ParameterDescriptor: Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    case bool
    /// Finite, at least `minimum` where there is one.
    case number(minimum: Double? = nil)
    /// From 1 to `most`.
    case count
    case text
    /// A shipped model's name, or a path, which is kept as an absolute one: it means the same wherever settings are read again.
    case modelFile
    /// Low and high ends, either may be infinite.
    case pair
    /// A body's name or index in the model.
    case body
    case choice([String])

    /// A million time steps per action are a program that seems to hang.
    static let most = 1_000_000

    /// Ends the sentence "… must be".
    public var expectation: String {
      switch self {
      case .bool: "true or false"
      case .number(.none): "a finite number"
      case .number(.some(let minimum)): "a finite number of at least \(ParameterValue.number(minimum))"
      case .count: "a whole number from 1 to \(Self.most)"
      case .text, .modelFile: "a text that is not empty"
      case .pair: "a pair 'low,high' with low ≤ high"
      case .body: "a body's name or index"
      case .choice(let options): options.map { "'\($0)'" }.joined(separator: " or ")
      }
    }
  }

  /// Gymnasium's name where Gymnasium has the parameter.
  public var name: String
  public var kind: Kind
  public var defaultValue: ParameterValue
  /// One sentence, with units.
  public var meaning: String

  public init(name: String, kind: Kind, defaultValue: ParameterValue, meaning: String) {
    self.name = name
    self.kind = kind
    self.defaultValue = defaultValue
    self.meaning = meaning
  }

  /// `value` in this parameter's own case of ``ParameterValue``; `nil` when it does not fit.
  func accept(_ value: ParameterValue) -> ParameterValue? {
    switch kind {
    case .bool: return value.asBool.map { .bool($0) }
    case .number(let minimum):
      guard let number = value.asNumber, number.isFinite, number >= minimum ?? -.infinity else { return nil }
      return .number(number)
    case .count:
      guard let number = value.asNumber, number >= 1, number <= Double(Kind.most), number == number.rounded() else { return nil }
      return .number(number)
    case .text:
      guard case .string(let text) = value, !text.isEmpty else { return nil }
      return value
    case .modelFile:
      guard case .string(let text) = value, !text.isEmpty else { return nil }
      return .string(AbsolutePath.of(text))
    case .pair:
      guard let (low, high) = value.asPair, low <= high else { return nil }  // false for NaN too
      return .pair(low, high)
    case .body:
      if let number = value.asNumber { return Int(exactly: number).flatMap { $0 >= 0 ? .number(number) : nil } }
      guard case .string(let text) = value, !text.isEmpty else { return nil }
      return value
    case .choice(let options):
      guard case .string(let text) = value, options.contains(text) else { return nil }
      return value
    }
  }
}

/// A task's parameters: what was given, validated, and defaults for the rest.
public struct Parameters: Sendable {
  /// Full name of the environment.
  public let environment: String
  /// Every parameter, each as its kind.
  public let values: [String: ParameterValue]

  /// - Throws: ``EnvironmentError/unknownParameter(_:environment:nearest:)``,
  ///   ``EnvironmentError/invalidParameter(_:value:environment:expectation:)``.
  public init(
    _ given: [String: ParameterValue], descriptors: [ParameterDescriptor], environment: String
  ) throws(EnvironmentError) {
    var values: [String: ParameterValue] = [:]
    for descriptor in descriptors { values[descriptor.name] = descriptor.defaultValue }
    for (name, value) in given.sorted(by: { $0.key < $1.key }) {
      guard let descriptor = descriptors.first(where: { $0.name == name }) else {
        throw .unknownParameter(
          name, environment: environment, nearest: nearestName(to: name, among: descriptors.map(\.name)))
      }
      guard let accepted = descriptor.accept(value) else {
        throw .invalidParameter(
          name, value: value, environment: environment, expectation: descriptor.kind.expectation)
      }
      values[name] = accepted
    }
    self.values = values
    self.environment = environment
  }

  public subscript(name: String) -> ParameterValue? { values[name] }

  // A rule that asks for what its version does not declare is refused like a user's unknown name.
  public func flag(_ name: String) throws(EnvironmentError) -> Bool { try value(name, \.asBool) }
  public func number(_ name: String) throws(EnvironmentError) -> Double { try value(name, \.asNumber) }
  public func pair(_ name: String) throws(EnvironmentError) -> ValueRange {
    let (low, high) = try value(name, \.asPair)
    return ValueRange(low: low, high: high)
  }
  public func text(_ name: String) throws(EnvironmentError) -> String { try value(name) { "\($0)" } }

  private func value<Value>(
    _ name: String, _ extract: (ParameterValue) -> Value?
  ) throws(EnvironmentError) -> Value {
    guard let value = values[name].flatMap(extract) else {
      throw .unknownParameter(name, environment: environment, nearest: nearestName(to: name, among: Array(values.keys)))
    }
    return value
  }
}

/// The two ends of a range; not a `ClosedRange`, as tasks differ in whether the ends belong to it.
public struct ValueRange: Sendable, Equatable {
  public var low: Double
  public var high: Double

  public init(low: Double, high: Double) {
    self.low = low
    self.high = high
  }

  /// low < x < high; false for NaN.
  public func containsStrictly(_ x: Double) -> Bool { low < x && x < high }
  /// low ≤ x ≤ high; false for NaN.
  public func contains(_ x: Double) -> Bool { low <= x && x <= high }
  /// numpy's `clip`; NaN stays NaN.
  public func clip(_ x: Double) -> Double { x < low ? low : (x > high ? high : x) }
}
