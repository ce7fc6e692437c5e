/// The names a user types. Each is a bundle of settings, nothing more.
public enum Algorithm: String, Sendable, CaseIterable {
  case sacHPO = "sac-hpo"
  case sac
  case sacNF = "sac-nf"
  case sacLagrangian = "sac-lagrangian"
  case safeSACHPO = "safe-sac-hpo"
  case baseline1 = "baseline-1"
  case baseline2 = "baseline-2"
  case baseline3 = "baseline-3"
  case sacHPOZeroMomentum = "sac-hpo-zero-momentum"

  /// All of them, as a user types them.
  public static let names = allCases.map(\.rawValue).joined(separator: ", ")

  /// Table II of the paper, and §IV-C's network sizes.
  func apply(to settings: inout Settings) {
    switch self {
    case .sacHPO:
      (settings.explorationPolicy, settings.trainingPolicy) = (.proposed, .proposed)
    case .sacNF:
      (settings.explorationPolicy, settings.trainingPolicy) = (.flow, .flow)
    case .sacLagrangian:
      (settings.explorationPolicy, settings.trainingPolicy) = (.gaussian, .gaussian)
      (settings.cost, settings.constraint) = (.paper, .lagrangian)
    case .safeSACHPO:
      (settings.explorationPolicy, settings.trainingPolicy) = (.proposed, .proposed)
      (settings.cost, settings.constraint) = (.paper, .lyapunov)
    case .sac:
      (settings.explorationPolicy, settings.trainingPolicy) = (.gaussian, .gaussian)
    case .baseline1:
      (settings.explorationPolicy, settings.trainingPolicy) = (.conventional, .conventional)
    case .baseline2:
      (settings.explorationPolicy, settings.trainingPolicy) = (.conventional, .gaussian)
    case .baseline3:
      (settings.explorationPolicy, settings.trainingPolicy) = (.gaussian, .proposed)
    case .sacHPOZeroMomentum:
      (settings.explorationPolicy, settings.trainingPolicy) = (.proposed, .proposed)
      settings.momentum = .zero
    }
    settings.derivePolicyDefaults(unless: [])
  }
}

extension Settings {
  /// Defaults that follow from the training policy, whether an algorithm's name or a setting of its own chose it.
  /// - Parameter given: keys that were set, which stay as they are.
  mutating func derivePolicyDefaults(unless given: Set<String>) {
    // A policy trained as SAC's has SAC's two hidden layers; an evolved one needs one.
    if !given.contains("policy_hidden_layers") { agent.policyHiddenLayers = agent.trainingPolicy == .gaussian ? 2 : 1 }
    // Under the conventional leapfrog p_K grows with Kε∇Q/α: its square in y would be quadratic in Q.
    if !given.contains("momentum_in_value") { agent.momentumInValue = agent.trainingPolicy != .conventional }
  }
}
