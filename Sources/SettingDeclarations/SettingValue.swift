import Support

/// A type that a setting's value can have: how it is written in settings files and in attributes of HDF5 files.
public protocol SettingValue: Sendable, Equatable {
  /// From a settings file or a flag; `nil` where the text stands for no such value.
  init?(settingText: String)
  /// As a settings file has it; ``init(settingText:)`` gives the same value back.
  var settingText: String { get }
  /// Whether settings files have it as text, to be quoted where it could be taken for a number.
  var isText: Bool { get }
  /// As an attribute of an HDF5 file has it.
  var scalar: SettingScalar { get }
  /// From an attribute; `nil` where it stands for no such value.
  init?(scalar: SettingScalar)
}

extension SettingValue {
  public var isText: Bool {
    if case .text = scalar { true } else { false }
  }
}

/// A number, a flag or a name: what files other than settings files keep of a value.
public enum SettingScalar: Sendable, Equatable {
  case integer(Int)
  case number(Double)
  case flag(Bool)
  case text(String)
}

extension Int: SettingValue {
  public init?(settingText: String) {
    guard let value = NumberText.integer(settingText) else { return nil }
    self = value
  }
  public var settingText: String { "\(self)" }
  public var scalar: SettingScalar { .integer(self) }
  public init?(scalar: SettingScalar) {
    guard case .integer(let value) = scalar else { return nil }
    self = value
  }
}

extension Double: SettingValue {
  public init?(settingText: String) {
    guard let value = NumberText.double(settingText) else { return nil }
    self = value
  }
  public var settingText: String { NumberText.yaml(self) }
  public var scalar: SettingScalar { .number(self) }
  public init?(scalar: SettingScalar) {
    switch scalar {
    case .number(let value): self = value
    case .integer(let value): self = Double(value)
    default: return nil
    }
  }
}

extension Bool: SettingValue {
  public init?(settingText: String) {
    switch settingText.lowercased() {
    case "true": self = true
    case "false": self = false
    default: return nil
    }
  }
  public var settingText: String { "\(self)" }
  public var scalar: SettingScalar { .flag(self) }
  public init?(scalar: SettingScalar) {
    switch scalar {
    case .flag(let value): self = value
    case .integer(0): self = false
    case .integer(1): self = true
    default: return nil
    }
  }
}

/// One of several names, which are its raw values.
public protocol SettingChoice: SettingValue, RawRepresentable<String>, CaseIterable {}

extension SettingChoice {
  public init?(settingText: String) { self.init(rawValue: settingText) }
  public var settingText: String { rawValue }
  public var scalar: SettingScalar { .text(rawValue) }
  public init?(scalar: SettingScalar) {
    guard case .text(let name) = scalar else { return nil }
    self.init(rawValue: name)
  }
  /// All names, as messages list them.
  public static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

/// A number that may be left to whoever knows better, which files call `default`.
extension Double?: SettingValue {
  public init?(settingText: String) {
    if settingText == "default" {
      self = .none
    } else if let value = Double(settingText: settingText) {
      self = value
    } else {
      return nil
    }
  }
  public var settingText: String { self?.settingText ?? "default" }
  public var scalar: SettingScalar { self?.scalar ?? .text("default") }
  public init?(scalar: SettingScalar) {
    if scalar == .text("default") {
      self = .none
    } else if let value = Double(scalar: scalar) {
      self = value
    } else {
      return nil
    }
  }
}
