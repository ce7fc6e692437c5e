import Agents
import SettingDeclarations
import Support

/// A name that a user types: a bundle of settings, nothing more.
///
/// One of one's own is a value of this type, handed to the commands or to ``Settings/init(environment:algorithm:in:)``.
public struct Algorithm: Sendable, Hashable {
  /// `sac-hpo`.
  public let name: String
  /// What the name stands for.
  public let bundle: SettingValues

  /// - Parameter standsFor: says the settings that the name stands for.
  public init(_ name: String, standsFor: (inout SettingValues) -> Void) {
    self.name = name
    var bundle = SettingValues()
    standsFor(&bundle)
    self.bundle = bundle
  }

  public static func == (first: Algorithm, second: Algorithm) -> Bool { first.name == second.name }
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension Algorithm: CustomStringConvertible {
  public var description: String { name }
}

extension Algorithm {
  // Table II of the paper.
  public static let sacHPO = Algorithm("sac-hpo") { ($0.explorationPolicy, $0.trainingPolicy) = (.proposed, .proposed) }
  public static let sac = Algorithm("sac") { ($0.explorationPolicy, $0.trainingPolicy) = (.gaussian, .gaussian) }
  public static let sacNF = Algorithm("sac-nf") { ($0.explorationPolicy, $0.trainingPolicy) = (.flow, .flow) }
  public static let sacLagrangian = Algorithm("sac-lagrangian") {
    ($0.explorationPolicy, $0.trainingPolicy) = (.gaussian, .gaussian)
    ($0.cost, $0.constraint) = (.paper, .lagrangian)
  }
  public static let safeSACHPO = Algorithm("safe-sac-hpo") {
    ($0.explorationPolicy, $0.trainingPolicy) = (.proposed, .proposed)
    ($0.cost, $0.constraint) = (.paper, .lyapunov)
  }
  public static let baseline1 = Algorithm("baseline-1") { ($0.explorationPolicy, $0.trainingPolicy) = (.conventional, .conventional) }
  public static let baseline2 = Algorithm("baseline-2") { ($0.explorationPolicy, $0.trainingPolicy) = (.conventional, .gaussian) }
  public static let baseline3 = Algorithm("baseline-3") { ($0.explorationPolicy, $0.trainingPolicy) = (.gaussian, .proposed) }
  public static let sacHPOZeroMomentum = Algorithm("sac-hpo-zero-momentum") {
    ($0.explorationPolicy, $0.trainingPolicy) = (.proposed, .proposed)
    $0.momentum = .zero
  }
}

extension Algorithm {
  // What researchers compare with; the paper's §III, §V-C3.
  public static let sacNoise = Algorithm("sac-noise") {
    ($0.explorationPolicy, $0.trainingPolicy, $0.policyHiddenLayers) = (.noisy, .gaussian, 1)
  }
  public static let oac = Algorithm("oac") { ($0.explorationPolicy, $0.trainingPolicy) = (.optimistic, .gaussian) }
  public static let td3 = Algorithm("td3") {
    ($0.kind, $0.explorationPolicy, $0.trainingPolicy) = (.twinDelayedPolicyGradient, .gaussian, .gaussian)
  }
  public static let iapo = Algorithm("iapo") {
    ($0.kind, $0.explorationPolicy, $0.trainingPolicy) = (.iterativePolicyOptimization, .gaussian, .gaussian)
  }
}

/// The algorithms that settings can name, and the settings that there are.
public struct AlgorithmCatalogue: Sendable {
  /// In the order of lists.
  public let algorithms: [Algorithm]
  /// Every setting but `environment`, `algorithm`, `name` and the environment's own, in the order of `config.yaml`.
  public let settings: [any AnySetting]

  /// - Parameters:
  ///   - algorithms: no name twice.
  ///   - groups: where the settings are declared that they and runs know; no key twice.
  public init(_ algorithms: [Algorithm], groups: [any SettingGroup.Type]) {
    self.algorithms = algorithms
    settings = groups.flatMap { $0.settings }
    var keys: Set = ["environment", "algorithm", "name"]
    for setting in settings {
      demand(keys.insert(setting.key).inserted, "the setting '\(setting.key)' is declared twice; keys are flat")
    }
  }

  /// This package's.
  public static let standard = AlgorithmCatalogue(
    [
      .sacHPO, .sac, .sacNF, .sacLagrangian, .safeSACHPO, .baseline1, .baseline2, .baseline3, .sacHPOZeroMomentum,
      .sacNoise, .oac, .td3, .iapo,
    ],
    groups: [RunSettings.self] + AgentSettings.groups)

  /// All names, as a user types them.
  public var names: String { algorithms.map(\.name).joined(separator: ", ") }

  /// - Throws: ``SettingsError/unknownAlgorithm(_:nearest:known:)``.
  public func algorithm(named name: String) throws(SettingsError) -> Algorithm {
    if let algorithm = algorithms.first(where: { $0.name == name }) { return algorithm }
    throw .unknownAlgorithm(name, nearest: nearestName(to: name, among: algorithms.map(\.name)), known: names)
  }

  func setting(_ key: String) -> (any AnySetting)? { settings.first { $0.key == key } }
}
