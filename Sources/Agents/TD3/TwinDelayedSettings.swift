import SettingDeclarations

/// The settings of `td3`. Defaults: its paper's.
public struct TwinDelayedSettings: SettingGroup {
  public let policyDelay = Setting(
    "policy_delay", .from(1, to: 1000), default: 2, roles: [.networks, .isLater], "td3's updates of critics per update of policy and targets")
  public let explorationNoise = Setting(
    "exploration_noise", .positive, default: 0.1, roles: [.networks, .isLater], "deviation of td3's noise when exploring, in the action box")
  public let targetNoise = Setting(
    "target_noise", .positive, default: 0.2, roles: [.networks, .isLater], "deviation of the noise on td3's target actions")
  public let targetNoiseClip = Setting(
    "target_noise_clip", .positive, default: 0.5, roles: [.networks, .isLater], "where that noise is cut")

  public static let declared = TwinDelayedSettings()
}

extension SettingsHolder {
  public subscript<Value>(dynamicMember path: KeyPath<TwinDelayedSettings, Setting<Value>>) -> Value {
    get { self[TwinDelayedSettings.declared[keyPath: path]] }
    set { self[TwinDelayedSettings.declared[keyPath: path]] = newValue }
  }
}
