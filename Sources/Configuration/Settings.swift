import Agents
import Gym
import SettingDeclarations
import Support

/// Every setting of a run, under the keys of the settings file: `settings.gamma` is the setting `gamma`, as ``RunSettings`` and the
/// agents' groups declare it.
///
/// Defaults depend on the task and the algorithm, and on one another, wherever the settings were made: in code, from a file, by flags.
public struct Settings: Sendable, Equatable, SettingsHolder {
  /// Full name, `HalfCheetah-v2`.
  public let environment: String
  /// The bundle of settings that the run begins from.
  public let algorithm: Algorithm
  /// A name of the run's own, for settings that the algorithm's name does not stand for; files call it `name`. Its folder is
  /// `sac+NAME`.
  public var variant: String?
  public var values: SettingValues
  /// The environment's own parameters, `environment.<name>`; from ``init(layers:environment:in:algorithms:)``, all of them.
  public var environmentParameters: [String: ParameterValue] = [:]
  /// Which algorithms and settings there are.
  public let catalogue: AlgorithmCatalogue
  /// The cost whose kind and limit ``values`` have from the environment.
  var describedCost: CostChoice?

  /// The defaults of one algorithm on one task.
  /// - Parameters:
  ///   - environment: full name, as the registry resolves it.
  ///   - catalogue: which settings there are.
  public init(environment: String, algorithm: Algorithm, in catalogue: AlgorithmCatalogue = .standard) {
    self.environment = environment
    self.algorithm = algorithm
    self.catalogue = catalogue
    values = SettingValues(algorithm: algorithm.bundle, task: TaskDefaults.values(for: environment))
  }

  /// Whether both say the same of everything.
  public static func == (first: Settings, second: Settings) -> Bool {
    first.entries.map { [$0.key, $0.value] } == second.entries.map { [$0.key, $0.value] }
  }

  /// The folder of the algorithm's runs, `sac` or `sac+NAME`.
  public var label: String { algorithm.name + (variant.map { "+\($0)" } ?? "") }

  /// The agent's part, on an environment of these sizes and costs.
  /// - Throws: ``SettingsError`` for settings that no agent can have there.
  public func agentSettings(for environment: EnvironmentSpecification) throws(SettingsError) -> AgentSettings {
    AgentSettings(
      observationSize: environment.observationSize, actionSize: environment.actionSize,
      values: try resolved(for: environment.costs).values)
  }

  /// What of a file's settings, as it has them, is not as here; keys that a run may go on with another value of aside.
  /// - Returns: `alpha: 0.2 there, 0.5 now`.
  public func differences(from recorded: RecordedSettings) -> [String] {
    let here = Dictionary(entries.map { ($0.key, $0.value) }) { $1 }
    let mayChange = Set(
      catalogue.settings.filter { setting in
        setting.roles.contains(.mayChange) || setting.roles.contains(.environments) && values.origin(of: setting) == .derived
      }.map(\.key))
    let isConstrained = self.constraint != .none || recorded.values["constraint"].map { $0 != Constraint.none.rawValue } ?? false
    let idle = isConstrained ? [] : Set(catalogue.settings.filter { $0.roles.contains(.constrains) }.map(\.key))
    var differences: [String] = []
    for key in Set(here.keys).union(recorded.values.keys).subtracting(mayChange).subtracting(idle).sorted() {
      let (before, now) = (recorded.value(of: key, in: catalogue, asIn: self), here[key])
      if before.map({ isSame(key, $0, now) }) ?? (now == nil) { continue }
      differences.append("\(key): \(before ?? "absent") there, \(now ?? "absent") now")
    }
    return differences
  }

  /// Whether a run of an earlier program is a safe agent's whose limit was on another sum than this program's: its cost is an average now,
  /// and no file of that time says which.
  public func hasOtherCostRule(than recorded: RecordedSettings) -> Bool {
    recorded.values["cost_kind"] == nil && recorded.values["cost"] == self.cost.rawValue && self.costKind == .average
      && recorded.values["constraint"].map { $0 != Constraint.none.rawValue } == true
  }

  /// Whether two texts are one value: `1e-05` and `1.0e-05` are.
  private func isSame(_ key: String, _ before: String, _ now: String?) -> Bool {
    guard let now, before != now else { return now != nil }
    // Left to whoever knows better, who knew when the file was written.
    if now == "default" { return true }
    if let setting = catalogue.setting(key) {
      if setting.roles.contains(.namesContent) { return before != "none" && now != "none" }
      var (first, second) = (values, values)
      guard setting.set(&first, to: before), setting.set(&second, to: now) else { return false }
      return setting.scalar(in: first) == setting.scalar(in: second)
    }
    guard key.hasPrefix("environment.") else { return false }
    let (first, second) = (ParameterValue.string(before), ParameterValue.string(now))
    if let first = first.asNumber, let second = second.asNumber { return first == second }
    if let first = first.asPair, let second = second.asPair { return first == second }
    return false
  }
}

/// Settings as a file has them, which may be older than this program.
public struct RecordedSettings: Sendable {
  let values: [String: String]

  /// Environment steps asked for.
  public var steps: Int? { values["steps"].flatMap { Int(settingText: $0) } }

  /// - Parameter yaml: `config.yaml`, or the attribute `configuration`.
  /// - Throws: ``SettingsError/unreadable(file:reason:)``, ``SettingsError/invalidValue(key:value:expectation:source:)``.
  public init(yaml: String, source: String) throws(SettingsError) {
    values = Dictionary(try SettingsFile.entries(yaml: yaml, source: source).map { ($0.key, $0.value) }) { $1 }
  }

  /// What the program that wrote the file would have had where it did not know the key: what programs did then.
  fileprivate func value(of key: String, in catalogue: AlgorithmCatalogue, asIn settings: Settings) -> String? {
    if let value = values[key] { return value }
    guard let setting = catalogue.setting(key) else { return nil }
    var defaults = SettingValues(algorithm: settings.algorithm.bundle, task: TaskDefaults.values(for: settings.environment))
    for other in catalogue.settings {
      if let value = values[other.key] { _ = other.set(&defaults, to: value) } else { other.setEarlierValue(&defaults) }
    }
    return setting.text(in: defaults)
  }
}
