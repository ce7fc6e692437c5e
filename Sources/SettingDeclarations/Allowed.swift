/// Which values of its type a setting may have.
public struct Allowed<Value: SettingValue>: Sendable {
  /// Ends the sentence "it must be …".
  public let expectation: String
  /// As a table's cell: `0 to 1`.
  public let brief: String
  private let test: @Sendable (Value) -> Bool

  public init(_ expectation: String, brief: String? = nil, where test: @escaping @Sendable (Value) -> Bool) {
    self.expectation = expectation
    self.brief = brief ?? expectation
    self.test = test
  }

  /// Whether a setting may have this value.
  public func contains(_ value: Value) -> Bool { test(value) }
}

extension Allowed<Int> {
  public static func from(_ low: Int, to high: Int) -> Allowed {
    Allowed("an integer from \(low) to \(high)", brief: "\(low) to \(high)") { (low...high).contains($0) }
  }

  public static func atLeast(_ low: Int) -> Allowed { Allowed("an integer, \(low) or more", brief: "\(low) or more") { $0 >= low } }
}

extension Allowed<Double> {
  public static func from(_ low: Double, to high: Double) -> Allowed {
    Allowed("a number from \(low) to \(high)", brief: "\(low) to \(high)") { (low...high).contains($0) }
  }

  /// Above 0 and finite also in single precision, which networks compute in.
  public static var positive: Allowed { Allowed("a number above 0 that single precision holds", brief: "> 0") { isPositive($0) } }

  fileprivate static func isPositive(_ value: Double) -> Bool { Float(value) > 0 && Float(value).isFinite }
}

extension Allowed<Double?> {
  /// As ``positive``, or left open.
  public static var positiveOrDefault: Allowed {
    Allowed("a number above 0, or default", brief: "> 0, default") { value in value.map(Allowed<Double>.isPositive) ?? true }
  }
}

extension Allowed<Bool> {
  public static var any: Allowed { Allowed("true or false", brief: "true, false") { _ in true } }
}

extension Allowed where Value: SettingChoice {
  /// Each of the names.
  public static var any: Allowed { Allowed("one of \(Value.names)", brief: Value.names) { _ in true } }
}
