import SettingDeclarations

/// The settings of optimistic exploration. Defaults: the official code's.
public struct OptimisticSettings: SettingGroup {
  public let optimism = Setting(
    "optimism", symbol: "β_UB", Allowed("a finite number", brief: "any") { $0.isFinite }, default: 4.66, roles: [.networks, .isLater],
    "how many half distances between the critics above their mean optimistic exploration takes Q to be")
  public let explorationKL = Setting(
    "exploration_kl", symbol: "δ", .positive, default: 23.53, unit: "nats", roles: [.networks, .isLater],
    "how far optimism moves the policy, as a divergence")

  public static let declared = OptimisticSettings()
}

extension SettingsHolder {
  public subscript<Value>(dynamicMember path: KeyPath<OptimisticSettings, Setting<Value>>) -> Value {
    get { self[OptimisticSettings.declared[keyPath: path]] }
    set { self[OptimisticSettings.declared[keyPath: path]] = newValue }
  }
}
