/// Settings that are declared together, each a stored property: an agent's, a run's.
///
///     public struct RunSettings: SettingGroup {
///       public let seed = Setting("seed", .atLeast(0), default: 0, "random streams of the run")
///       public static let declared = RunSettings()
///     }
///
/// An extension of ``SettingsHolder`` with a `dynamicMember` subscript over the group's key paths makes `settings.seed` a value.
public protocol SettingGroup: Sendable {
  /// The one instance.
  static var declared: Self { get }
}

extension SettingGroup {
  /// Every setting of the group, in the order of declaration.
  public static var settings: [any AnySetting] { Mirror(reflecting: declared).children.compactMap { $0.value as? any AnySetting } }
}

/// What has values of settings: `settings.gamma` reads and writes the setting `gamma` of a ``SettingGroup``.
@dynamicMemberLookup
public protocol SettingsHolder {
  var values: SettingValues { get set }
}

extension SettingsHolder {
  public subscript<Value>(_ setting: Setting<Value>) -> Value {
    get { values.value(of: setting) }
    set { values.set(setting, to: newValue) }
  }

  /// There has to be one here; the groups' own are beside the groups.
  public subscript<Value>(dynamicMember path: KeyPath<NoSettings, Setting<Value>>) -> Value {
    get { self[NoSettings.declared[keyPath: path]] }
    set { self[NoSettings.declared[keyPath: path]] = newValue }
  }
}

/// A group of none.
public struct NoSettings: SettingGroup {
  public static let declared = NoSettings()
}
