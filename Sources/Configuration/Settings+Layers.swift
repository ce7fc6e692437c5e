import Agents
import Gym
import SettingDeclarations
import Support

extension Settings {
  /// Built-in defaults, then each layer's entries in order, later ones winning.
  ///
  /// Defaults depend on the environment and the algorithm, so the mentions of these are looked up first; all have to mean the same.
  /// - Parameters:
  ///   - environment: the one that was asked for, if any.
  ///   - registry: which environments there are.
  ///   - catalogue: which algorithms and settings there are.
  /// - Throws: ``SettingsError``, or `EnvironmentError` for the environment's name and parameters.
  public init(
    layers entries: [SettingEntry], environment: String? = nil, in registry: EnvironmentRegistry,
    algorithms catalogue: AlgorithmCatalogue = .standard
  ) throws {
    guard let name = environment ?? entries.last(where: { $0.key == "environment" })?.value else {
      throw SettingsError.contradiction("no environment was named; 'hpo env list' shows them")
    }
    let task = try registry.entry(name)
    for entry in entries where entry.key == "environment" {
      let other = try located(entry) { try registry.entry(entry.value).id }
      if other != task.id { throw SettingsError.contradiction("\(entry.source): 'environment' is \(other), but \(task.id) was asked for") }
    }
    self.init(environment: task.id, algorithm: try Self.algorithm(of: entries, in: catalogue), in: catalogue)
    takeEarlierValues(for: entries)
    for entry in entries {
      guard let parameter = try take(entry) else { continue }
      environmentParameters[parameter] = .string(entry.value)
      // Checked one by one, so that a message can say where the wrong one was written.
      try located(entry) { _ = try task.complete([parameter: .string(entry.value)]) }
    }
    leaveDerivedValues(of: entries, costs: task.costs)
    environmentParameters = try task.complete(environmentParameters)
    self = try resolved(for: task.costs)
  }

  /// Settings as a run's file has them, taken at their word: whether there is such an environment is not asked.
  /// - Parameter source: where the text comes from, for messages.
  /// - Throws: ``SettingsError``.
  public init(recorded yaml: String, source: String, algorithms catalogue: AlgorithmCatalogue = .standard) throws(SettingsError) {
    let entries = try SettingsFile.entries(yaml: yaml, source: source)
    guard let environment = entries.last(where: { $0.key == "environment" })?.value else {
      throw .unreadable(file: source, reason: "it names no environment")
    }
    self.init(environment: environment, algorithm: try Self.algorithm(of: entries, in: catalogue), in: catalogue)
    takeEarlierValues(for: entries)
    for entry in entries {
      if let parameter = try take(entry) { environmentParameters[parameter] = .string(entry.value) }
    }
  }

  private static func algorithm(
    of entries: [SettingEntry], in catalogue: AlgorithmCatalogue
  ) throws(SettingsError) -> Algorithm {
    var first: (algorithm: Algorithm, source: String)?
    for entry in entries where entry.key == "algorithm" {
      let algorithm: Algorithm
      do {
        algorithm = try catalogue.algorithm(named: entry.value)
      } catch {
        throw .located(source: entry.source, "\(error)")
      }
      if let first, first.algorithm != algorithm {
        throw .contradiction(
          "\(entry.source): 'algorithm' is \(algorithm.name), but \(first.source) has \(first.algorithm.name)")
      }
      first = (algorithm, entry.source)
    }
    return first?.algorithm ?? catalogue.algorithms[0]
  }

  /// Entries that have every setting of the first program are a run's record: what it lacks came later, and means what programs did then.
  private mutating func takeEarlierValues(for entries: [SettingEntry]) {
    guard isRecord(entries) else { return }
    let said = Set(entries.map(\.key))
    for setting in catalogue.settings where !said.contains(setting.key) { setting.setEarlierValue(&values) }
  }

  private func isRecord(_ entries: [SettingEntry]) -> Bool {
    let said = Set(entries.map(\.key))
    return catalogue.settings.allSatisfy { $0.roles.contains(.isLater) || said.contains($0.key) }
  }

  /// A run's record has every value, those too that followed from others. These were not said: where an entry after the record changes
  /// what they follow from, they follow again.
  private mutating func leaveDerivedValues(of entries: [SettingEntry], costs: [SafetyCost]) {
    guard isRecord(entries) else { return }
    var recorded = Settings(environment: environment, algorithm: algorithm, in: catalogue)
    recorded.takeEarlierValues(for: entries)
    var counts: [String: Int] = [:]
    for entry in entries {
      counts[entry.key, default: 0] += 1
      if counts[entry.key] == 1, let setting = catalogue.setting(entry.key) { _ = setting.set(&recorded.values, to: entry.value) }
    }
    let cost = costs.first { $0.name == recorded.cost.rawValue }
    recorded.takeKindAndLimit(of: cost, isKnown: true)
    for setting in catalogue.settings where setting.derivation != nil && counts[setting.key] == 1 {
      var derived = recorded.values
      derived.unset(setting)
      // Without a constraint the kind is of no consequence, and earlier programs recorded a sum whatever the cost.
      let isIdle = setting.key == ActorCriticSettings.declared.costKind.key && recorded.constraint == .none
      if isIdle || setting.scalar(in: derived) == setting.scalar(in: recorded.values) { values.unset(setting) }
    }
  }

  /// Takes one entry; one that is an environment's own is left to the caller.
  /// - Returns: the environment's parameter that it sets.
  private mutating func take(_ entry: SettingEntry) throws(SettingsError) -> String? {
    switch entry.key {
    case "environment", "algorithm": return nil
    case "name":
      guard Self.isName(entry.value) else {
        throw .invalidValue(
          key: "name", value: entry.value, expectation: Self.nameExpectation,
          source: entry.source)
      }
      variant = entry.value
      return nil
    case let key where key.hasPrefix("environment."):
      return String(key.dropFirst("environment.".count))
    default: break
    }
    guard let setting = catalogue.setting(entry.key) else {
      let names = catalogue.settings.map(\.key) + ["environment", "algorithm", "name"]
      throw .unknownKey(entry.key, nearest: nearestName(to: entry.key, among: names), source: entry.source)
    }
    if !setting.set(&values, to: entry.value) {
      throw .invalidValue(key: entry.key, value: entry.value, expectation: setting.expectation, source: entry.source)
    }
    return nil
  }
}

/// Runs a check of one entry; what it throws is said to come from where the entry was written.
private func located<Value>(_ entry: SettingEntry, _ check: () throws -> Value) throws -> Value {
  do {
    return try check()
  } catch {
    throw SettingsError.located(source: entry.source, "\(error)")
  }
}
