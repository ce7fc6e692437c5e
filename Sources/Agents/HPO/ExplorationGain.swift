import SettingDeclarations

/// ρ, what F is multiplied by when exploring.
public enum ExplorationGain: Sendable, Equatable {
  case factor(Double)
  /// (exploration deviation / training deviation)²: exploration's noise then has the drift that belongs to it.
  case matched
}

extension ExplorationGain: SettingValue {
  public init?(settingText: String) {
    if settingText == "matched" {
      self = .matched
    } else if let factor = Double(settingText: settingText) {
      self = .factor(factor)
    } else {
      return nil
    }
  }

  public var settingText: String {
    switch self {
    case .factor(let factor): factor.settingText
    case .matched: "matched"
    }
  }

  /// A name always, so that readers of attributes need not ask which it is.
  public var scalar: SettingScalar { .text(settingText) }

  public var isText: Bool { self == .matched }

  public init?(scalar: SettingScalar) {
    guard case .text(let text) = scalar else { return nil }
    self.init(settingText: text)
  }
}

extension Allowed<ExplorationGain> {
  static var positive: Allowed {
    Allowed("a number above 0, or matched", brief: "> 0, matched") { gain in
      if case .factor(let factor) = gain { factor > 0 && factor.isFinite } else { true }
    }
  }
}
