import Agents
import Gym
import SettingDeclarations

extension Settings {
  /// These settings as a run takes them, however they were made: the limit that was left to the cost filled in, every value within its
  /// declaration's range, nothing that contradicts anything else, and a name that does not lie.
  /// - Parameter costs: those that the environment offers; `nil` where it is not known yet, and nothing about costs is checked.
  /// - Throws: ``SettingsError``.
  public func resolved(for costs: [SafetyCost]?) throws(SettingsError) -> Settings {
    for setting in catalogue.settings where !setting.isAllowed(in: values) {
      throw .invalidValue(
        key: setting.key, value: setting.text(in: values), expectation: setting.expectation, source: "settings")
    }
    if let variant, !Self.isName(variant) {
      throw .invalidValue(
        key: "name", value: variant, expectation: Self.nameExpectation, source: "settings")
    }
    var settings = self
    var offered: SafetyCost?
    if let costs { offered = try safetyCost(among: costs) }
    settings.takeKindAndLimit(of: offered, isKnown: costs != nil)
    if self.constraint != .none && settings.costLimit == nil && (self.cost == .own || costs != nil && self.cost != .none) {
      throw .contradiction(
        "cost '\(self.cost.rawValue)' has no limit of its own: constraint '\(self.constraint.rawValue)' needs cost_limit")
    }
    if self.constraint != .none && self.cost == .none {
      throw .contradiction("constraint '\(self.constraint.rawValue)' needs a cost: \(CostChoice.choices)")
    }
    if self.cost == .none, let costLimit = settings.costLimit {
      throw .contradiction("cost_limit \(costLimit) limits nothing: without a cost (\(CostChoice.choices)) it is 'default'")
    }
    if let text = AgentSettings(observationSize: 1, actionSize: 1, values: settings.values).contradiction { throw .contradiction(text) }
    if self.fromReplay != .none { try requireOffline() }
    if variant == nil { try settings.requireTrueName() }
    return settings
  }

  /// That nothing is asked for which only acting gives.
  private func requireOffline() throws(SettingsError) {
    if self.constraint != .none {
      throw .contradiction(
        "constraint '\(self.constraint.rawValue)' needs episodes, from which λ follows: from_replay takes none; choose an algorithm without one"
      )
    }
    if self.updatesPerStep != 1 {
      throw .contradiction("updates_per_step \(self.updatesPerStep) is for steps that act; with from_replay a step is one update")
    }
    if self.recordState {
      throw .contradiction("record_state records the simulator's states as the run steps, and with from_replay it takes no step")
    }
  }

  /// Takes down what a cost says of itself. Said as the environment's, it follows when another cost is chosen.
  /// - Parameter isKnown: whether the environment was asked; where not, what it said of the same cost before stays.
  mutating func takeKindAndLimit(of offered: SafetyCost?, isKnown: Bool) {
    guard isKnown || describedCost != self.cost else { return }
    describedCost = isKnown ? self.cost : nil
    let declared = ActorCriticSettings.declared
    var (limit, kind): (Double??, CostKind?) = (nil, nil)
    if let offered {
      if let own = offered.defaultLimit { limit = .some(own) }
      kind = offered.isAverage ? .average : .sum
    }
    values.setEnvironments(declared.costLimit, to: limit)
    values.setEnvironments(declared.costKind, to: kind)
  }

  /// Which of an environment's costs is recorded.
  /// - Throws: ``SettingsError/contradiction(_:)`` where it does not offer that one.
  public func safetyCost(among costs: [SafetyCost]) throws(SettingsError) -> SafetyCost? {
    if self.cost == .none { return nil }
    if let offered = costs.first(where: { $0.name == self.cost.rawValue }) { return offered }
    if self.cost == .own {
      throw .contradiction("cost 'own' is for environments of one's own: the steps of \(environment) have no cost")
    }
    let others = costs.map { "'\($0.name)'" }.joined(separator: ", ")
    throw .contradiction(
      "\(environment) has no cost '\(self.cost.rawValue)'; " + (costs.isEmpty ? "it has none" : "it has \(others)"))
  }

  private func requireTrueName() throws(SettingsError) {
    for setting in catalogue.settings where !setting.agrees(values, with: algorithm.bundle) {
      let fitting = catalogue.algorithms.first { other in catalogue.settings.allSatisfy { $0.agrees(values, with: other.bundle) } }
      let bundle = SettingValues(algorithm: algorithm.bundle, task: SettingValues())
      throw .misleadingName(
        algorithm: algorithm.name, key: setting.key, value: setting.text(in: values), standsFor: setting.text(in: bundle),
        fitting: fitting?.name)
    }
  }

  /// Bytes of a name: a file system has 255, of which the algorithm's name needs some.
  public static let longestName = 200

  /// Whether a text can be part of a folder's name, and looks the same there.
  public static func isName(_ text: String) -> Bool {
    guard !text.isEmpty, text.utf8.count <= longestName, !text.hasPrefix("."), !text.hasPrefix(" "), !text.hasSuffix(" ") else {
      return false
    }
    return text.unicodeScalars.allSatisfy { scalar in
      scalar != "/" && ![.control, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
    }
  }

  /// What ``isName(_:)`` asks, in words.
  static let nameExpectation =
    "part of a folder's name: no slash, no control character, no dot or space at the beginning, at most "
    + "\(longestName) bytes"
}
