/// Values of settings, from five sources: what was said for this run, what the algorithm's name stands for, what suits the task, what
/// the environment says, and the declarations' own defaults, the first that has a value winning. A default that depends on other settings
/// sees those in force.
public struct SettingValues: Sendable, SettingsHolder {
  private var given: [String: any SettingValue] = [:]
  private var algorithm: [String: any SettingValue] = [:]
  private var task: [String: any SettingValue] = [:]
  private var environment: [String: any SettingValue] = [:]

  public init() {}

  /// - Parameters:
  ///   - algorithm: what the algorithm's name stands for.
  ///   - task: what suits the task.
  public init(algorithm: SettingValues, task: SettingValues) {
    self.algorithm = algorithm.given
    self.task = task.given
  }

  /// Of ``SettingsHolder``.
  public var values: SettingValues {
    get { self }
    set { self = newValue }
  }

  /// Where a value in force comes from.
  public enum Origin: Sendable { case given, algorithm, task, environment, derived, declaration }

  public func origin(of setting: some AnySetting) -> Origin {
    if given[setting.key] != nil { return .given }
    if algorithm[setting.key] != nil { return .algorithm }
    if task[setting.key] != nil { return .task }
    if environment[setting.key] != nil { return .environment }
    return setting.derivation == nil ? .declaration : .derived
  }

  /// The value in force.
  public func value<Declared: AnySetting>(of setting: Declared) -> Declared.Value {
    for source in [given[setting.key], algorithm[setting.key], task[setting.key], environment[setting.key]] {
      // Unwrapped first: a source without a value would pass for the value `nil` of an optional setting.
      if let source, let value = source as? Declared.Value { return value }
    }
    return setting.standardValue(in: self)
  }

  /// Says a value, whatever the other sources have.
  public mutating func set<Declared: AnySetting>(_ setting: Declared, to value: Declared.Value) { given[setting.key] = value }

  /// Forgets what was said, so that the setting is again what follows from the others.
  public mutating func unset(_ setting: some AnySetting) { given[setting.key] = nil }

  /// Takes down what the environment says where nobody else does; `nil` where it says nothing.
  public mutating func setEnvironments<Declared: AnySetting>(_ setting: Declared, to value: Declared.Value?) {
    environment[setting.key] = value
  }

  /// What an algorithm's name stands for, where it says so, or the declaration's default.
  func nameValue<Declared: AnySetting>(of setting: Declared, in name: SettingValues) -> Declared.Value {
    name.given[setting.key] as? Declared.Value ?? setting.standardValue(in: name)
  }

  /// Whether both have the same value of each of these settings.
  public func agrees(with other: SettingValues, on settings: [any AnySetting]) -> Bool {
    settings.allSatisfy { setting in setting.scalar(in: self) == setting.scalar(in: other) }
  }
}
