import SettingDeclarations

/// The settings of `iapo`. Defaults: its paper's.
public struct IterativeSettings: SettingGroup {
  public let iterations = Setting(
    "iterations", symbol: "T", .from(1, to: 100), default: 5, roles: [.networks, .isLater], "how often iapo improves a policy")
  public let actionSamples = Setting(
    "action_samples", symbol: "M", .from(1, to: 1000), default: 10, roles: [.networks, .isLater], "actions that iapo judges a policy by")
  public let pessimism = Setting(
    "pessimism", Allowed("a number, 0 or more", brief: "0 or more") { $0 >= 0 && $0.isFinite }, default: 2.5, roles: [.networks, .isLater],
    "deviations of the critics below their mean that iapo takes Q to be, in training")
  public let actingPessimism = Setting(
    "acting_pessimism", Allowed("a number, 0 or more", brief: "0 or more") { $0 >= 0 && $0.isFinite }, default: 1.0,
    roles: [.networks, .isLater], "the same when acting")

  public static let declared = IterativeSettings()
}

extension SettingsHolder {
  public subscript<Value>(dynamicMember path: KeyPath<IterativeSettings, Setting<Value>>) -> Value {
    get { self[IterativeSettings.declared[keyPath: path]] }
    set { self[IterativeSettings.declared[keyPath: path]] = newValue }
  }
}
