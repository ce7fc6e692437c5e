import Configuration
import SettingDeclarations

/// The value of an option that means the same as a setting, read by that setting's declaration.
/// - Throws: ``SettingsError/invalidValue(key:value:expectation:source:)``.
func value<Value>(_ text: String, as setting: Setting<Value>, option: String) throws(SettingsError) -> Value {
  guard let value = Value(settingText: text), setting.allowed.contains(value) else {
    throw .invalidValue(key: setting.key, value: text, expectation: setting.expectation, source: option)
  }
  return value
}
