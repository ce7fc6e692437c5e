/// The one declaration of a setting: everything that files, flags, tables, range checks and checkpoints know of it.
///
/// To add one, add a property to a ``SettingGroup`` and read it where it is used; nothing else has to be told.
public final class Setting<Value: SettingValue>: AnySetting {
  public let key: String
  public let symbol: String?
  public let meaning: String
  public let unit: String?
  public let allowed: Allowed<Value>
  public let roles: SettingRoles
  /// Said of a default that depends on other settings, for tables: `2 where training_policy is gaussian, else 1`.
  public let derivation: String?
  /// Whether a value still is what an algorithm's name stands for; `nil` where names stand for no value of this setting.
  let agreesWithName: (@Sendable (_ standing: Value, _ now: Value) -> Bool)?
  private let standard: @Sendable (SettingValues) -> Value
  /// What a file means that does not have a later setting, where that is not the default.
  private let earlier: Value?

  /// A setting with a default of its own.
  /// - Parameters:
  ///   - key: as settings files have it, in snake case.
  ///   - symbol: the paper's.
  ///   - allowed: which values make sense.
  ///   - unit: of its values, where they have one.
  ///   - roles: what else depends on it.
  ///   - earlier: what a file means that does not have a later setting, where that is not the default.
  ///   - agreesWithName: whether a value still is what an algorithm's name stands for.
  ///   - meaning: what it is, in a line.
  public convenience init(
    _ key: String, symbol: String? = nil, _ allowed: Allowed<Value>, default value: Value, unit: String? = nil, roles: SettingRoles = [],
    earlier: Value? = nil,
    agreesWithName: (@Sendable (_ standing: Value, _ now: Value) -> Bool)? = nil, _ meaning: String
  ) {
    self.init(
      key, symbol: symbol, allowed, derivation: nil, unit: unit, roles: roles, earlier: earlier, agreesWithName: agreesWithName, meaning
    ) { _ in value }
  }

  /// A setting whose default follows from other settings, wherever those were made.
  /// - Parameter derivation: how, in words.
  public init(
    _ key: String, symbol: String? = nil, _ allowed: Allowed<Value>, derivation: String?, unit: String? = nil, roles: SettingRoles = [],
    earlier: Value? = nil, agreesWithName: (@Sendable (_ standing: Value, _ now: Value) -> Bool)? = nil, _ meaning: String,
    default standard: @escaping @Sendable (SettingValues) -> Value
  ) {
    self.key = key
    self.symbol = symbol
    self.allowed = allowed
    self.derivation = derivation
    self.unit = unit
    self.roles = roles
    self.earlier = earlier
    self.agreesWithName = agreesWithName
    self.meaning = meaning
    self.standard = standard
  }

  /// What it is where nothing else was said.
  public func standardValue(in values: SettingValues) -> Value { standard(values) }

  /// Says what a file means that does not have the setting; nothing where that is the default.
  public func setEarlierValue(_ values: inout SettingValues) {
    if let earlier { values.set(self, to: earlier) }
  }
}

/// What else depends on a setting.
public struct SettingRoles: OptionSet, Sendable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// Networks cannot be used without it: files keep it among the attributes of `/networks`.
  public static let networks = SettingRoles(rawValue: 1)
  /// A run may go on with another value.
  public static let mayChange = SettingRoles(rawValue: 2)
  /// Its default is the environment's to say: until that is known, it agrees with whatever a file has.
  public static let environments = SettingRoles(rawValue: 8)
  /// It came after program 0.1.0: an older file does not have it and means its default.
  public static let isLater = SettingRoles(rawValue: 4)
  /// Of no consequence without a constraint: runs that have none may differ in it.
  public static let constrains = SettingRoles(rawValue: 16)
  /// It names a file whose content a run's own files know: the run may go on with another path to the same.
  public static let namesContent = SettingRoles(rawValue: 32)
}

/// A setting of whatever type.
public protocol AnySetting: AnyObject, Sendable {
  associatedtype Value: SettingValue
  /// As settings files have it: snake case.
  var key: String { get }
  /// The paper's symbol.
  var symbol: String? { get }
  /// What it is, in a line.
  var meaning: String { get }
  var unit: String? { get }
  var allowed: Allowed<Value> { get }
  var roles: SettingRoles { get }
  var derivation: String? { get }
  func standardValue(in values: SettingValues) -> Value
  func setEarlierValue(_ values: inout SettingValues)
  func agrees(_ values: SettingValues, with name: SettingValues) -> Bool
}

extension Setting {
  /// Whether a value is one that an algorithm's name, as a bundle of settings, may be said of.
  public func agrees(_ values: SettingValues, with name: SettingValues) -> Bool {
    agreesWithName.map { $0(values.nameValue(of: self, in: name), values.value(of: self)) } ?? true
  }
}

extension AnySetting {
  /// What values make sense: `a number from 0 to 1`.
  public var expectation: String { allowed.expectation }

  /// The value in force, as a settings file has it.
  public func text(in values: SettingValues) -> String { values.value(of: self).settingText }

  /// Whether the value in force is text in a settings file.
  public func isText(in values: SettingValues) -> Bool { values.value(of: self).isText }

  /// The value in force, as an attribute has it.
  public func scalar(in values: SettingValues) -> SettingScalar { values.value(of: self).scalar }

  /// Takes a value from a settings file or a flag.
  /// - Returns: false where it makes no sense.
  public func set(_ values: inout SettingValues, to text: String) -> Bool {
    // What is in force need not be known by its text: an agent of one's own is in force by its algorithm's name.
    take(text == self.text(in: values) ? values.value(of: self) : Value(settingText: text), into: &values)
  }

  /// Takes a value from an attribute.
  /// - Returns: false where it makes no sense.
  public func set(_ values: inout SettingValues, to scalar: SettingScalar) -> Bool {
    take(scalar == self.scalar(in: values) ? values.value(of: self) : Value(scalar: scalar), into: &values)
  }

  private func take(_ value: Value?, into values: inout SettingValues) -> Bool {
    guard let value, allowed.contains(value) else { return false }
    values.set(self, to: value)
    return true
  }

  /// Whether the value in force is one that the setting may have.
  public func isAllowed(in values: SettingValues) -> Bool { allowed.contains(values.value(of: self)) }
}
