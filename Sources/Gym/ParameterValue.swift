import Support

/// A task parameter's value, as it stands in a YAML file, after `--set`, or in code.
public enum ParameterValue: Sendable, Equatable {
  case bool(Bool)
  case number(Double)
  case string(String)
  case pair(Double, Double)
}

extension ParameterValue: CustomStringConvertible {
  /// As it would be typed: `true`, `0.1`, `ant.xml`, `[0.2, 1]`.
  public var description: String {
    switch self {
    case .bool(let value): "\(value)"
    case .number(let value): Self.text(value)
    case .string(let value): value
    case .pair(let low, let high): "[\(Self.text(low)), \(Self.text(high))]"
    }
  }

  private static func text(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}

extension ParameterValue: ExpressibleByBooleanLiteral, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByStringLiteral
{
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
  public init(stringLiteral value: String) { self = .string(value) }
}

// Text is read by the kind of value expected, so that `--set environment.xml_file=1.xml` stays a name.
extension ParameterValue {
  package var asBool: Bool? {
    switch self {
    case .bool(let value): value
    case .string(let text): Bool(text.lowercased())
    default: nil
    }
  }

  package var asNumber: Double? {
    switch self {
    case .number(let value): value
    case .string(let text): NumberText.double(text)
    default: nil
    }
  }

  /// `[0.2, 1]`, `(0.2, 1)` or `0.2,1`.
  package var asPair: (low: Double, high: Double)? {
    switch self {
    case .pair(let low, let high): return (low, high)
    case .string(let text):
      var inner = text[...]
      for (open, close) in [("[", "]"), ("(", ")")] where inner.hasPrefix(open) && inner.hasSuffix(close) {
        inner = inner.dropFirst().dropLast()
      }
      let parts = inner.split(separator: ",", omittingEmptySubsequences: false).map { NumberText.double($0) }
      guard parts.count == 2, let low = parts[0], let high = parts[1] else { return nil }
      return (low, high)
    default: return nil
    }
  }
}
