import SettingDeclarations

/// Settings as a package of one's own declares them.
struct BriskSettings: SettingGroup {
  let haste = Setting("haste", .from(0, to: 1), default: 0.5, "share of the way")
  static let declared = BriskSettings()
}

extension SettingsHolder {
  subscript<Value>(dynamicMember path: KeyPath<BriskSettings, Setting<Value>>) -> Value {
    get { self[BriskSettings.declared[keyPath: path]] }
    set { self[BriskSettings.declared[keyPath: path]] = newValue }
  }
}
