import LinearAlgebra
import SettingDeclarations

/// Which agent learns: the catalogue of agents.
public struct AgentKind: Sendable, Hashable {
  /// As files name it.
  public let name: String
  /// The agent, in the numbers that training uses.
  public let type: any Agent<Float>.Type

  public init(_ name: String, _ type: any Agent<Float>.Type) {
    self.name = name
    self.type = type
  }

  /// One line for each agent.
  public static let all = [softActorCritic, twinDelayedPolicyGradient, iterativePolicyOptimization]

  /// SAC and what evolves its actions, the paper's agents among them.
  public static let softActorCritic = AgentKind("soft-actor-critic", SoftActorCritic<Float>.self)

  public static let twinDelayedPolicyGradient = AgentKind("twin-delayed-policy-gradient", TwinDelayedPolicyGradient<Float>.self)
  public static let iterativePolicyOptimization = AgentKind("iterative-policy-optimization", IterativePolicyOptimization<Float>.self)

  /// All names, for messages.
  static var names: String { all.map(\.name).joined(separator: ", ") }

  public static func == (first: AgentKind, second: AgentKind) -> Bool { first.name == second.name }
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// A fresh agent of the kind that the settings name.
public func makeAgent(_ settings: AgentSettings, seed: UInt64, pool: WorkerPool) -> any Agent<Float> {
  settings.kind.type.init(settings, seed: seed, pool: pool)
}

extension AgentKind: SettingValue {
  public init?(settingText: String) {
    guard let known = Self.all.first(where: { $0.name == settingText }) else { return nil }
    self = known
  }
  public var settingText: String { name }
  public var scalar: SettingScalar { .text(name) }
  public init?(scalar: SettingScalar) {
    guard case .text(let name) = scalar else { return nil }
    self.init(settingText: name)
  }
}
