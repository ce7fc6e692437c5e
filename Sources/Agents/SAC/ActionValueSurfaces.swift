import LinearAlgebra
import NeuralNetworks

/// The surfaces that policies of one agent climb, for a fixed number of states.
struct ActionValueSurfaces<S: Scalar> {
  /// min(Q̄₁, Q̄₂).
  let target: TwinMinimum<S>
  /// Q̄_C.
  let targetCost: SingleCritic<S>?
  private let targetSurface: any ActionValue<S>
  private let onlineSurface: any ActionValue<S>
  private let hamiltonianCritic: CriticChoice

  init(networks: ActorCriticNetworks<S>, settings: AgentSettings, multiplier: Multiplier?, rows: Int) {
    let d = settings.actionSize
    let target = TwinMinimum(networks.targetCritic1, networks.targetCritic2, actionSize: d, rows: rows)
    let online = TwinMinimum(networks.critic1, networks.critic2, actionSize: d, rows: rows)
    self.target = target
    hamiltonianCritic = settings.hamiltonianCritic
    if let cost = networks.cost, let multiplier {
      let targetCost = SingleCritic(cost.target, actionSize: d, rows: rows)
      let onlineCost = SingleCritic(cost.critic, actionSize: d, rows: rows)
      self.targetCost = targetCost
      targetSurface = PenalizedActionValue(
        reward: target, cost: targetCost, multiplier: multiplier, actionSize: d, rows: rows)
      onlineSurface = PenalizedActionValue(
        reward: online, cost: onlineCost, multiplier: multiplier, actionSize: d, rows: rows)
    } else {
      targetCost = nil
      targetSurface = target
      onlineSurface = online
    }
  }

  /// An evolved policy climbs the Hamiltonian's critics and is trained on them; SAC's objective takes the online ones.
  func climbed(by kind: PolicyKind) -> any ActionValue<S> {
    kind.isEvolved && hamiltonianCritic == .target ? targetSurface : onlineSurface
  }
}
