import LinearAlgebra
import NeuralNetworks

/// What lanes and actors of one soft actor-critic share: settings, parameters, α and λ; all that its policies depend on.
struct SoftActorCriticModel<S: Scalar> {
  let settings: AgentSettings
  let networks: ActorCriticNetworks<S>
  let temperature: Temperature
  /// λ of a safe agent.
  let multiplier: Multiplier?

  /// The policy of a kind for a number of states.
  /// - Parameters:
  ///   - use: what its momentum follows.
  ///   - surfaces: what it climbs.
  func policy(_ kind: PolicyKind, for use: PolicyUse, surfaces: ActionValueSurfaces<S>, rows: Int) -> any Policy<S> {
    switch kind {
    case .gaussian: GaussianPolicy(base(rows: rows), temperature: temperature)
    case .flow: FlowPolicy(base(rows: rows), flows: RadialFlows(networks.radialFlows, rows: rows), temperature: temperature)
    case .proposed, .conventional:
      evolvedPolicy(kind, for: use, surfaces: surfaces, steps: settings.leapfrogSteps, rows: rows)
    }
  }

  func evolvedPolicy(
    _ kind: PolicyKind, for use: PolicyUse, surfaces: ActionValueSurfaces<S>, steps: Int, rows: Int
  ) -> EvolvedPolicy<S> {
    let d = settings.actionSize
    let surface = surfaces.climbed(by: kind)
    let momentumStd = momentumStd(use)
    let coordinates: any LeapfrogCoordinates<S> =
      settings.boundary == .latent
      ? LatentCoordinates(surface, actionSize: d, rows: rows) : BoxCoordinates(surface, actionSize: d, rows: rows)
    let force: any LeapfrogForce<S> =
      kind == .conventional
      ? ConventionalForce(coordinates, temperature: temperature)
      : ProposedForce(
        coordinates, transform: networks.proposed.transform, gate: networks.proposed.gate, actionSize: d,
        evaluations: steps + 1, rows: rows)
    return EvolvedPolicy(
      base(rows: rows), coordinates: coordinates, force: force,
      leapfrog: LeapfrogOperator(
        steps: steps, stepSize: settings.leapfrogStepSize, boundary: settings.boundary, strength: strength(use),
        tempering: kind == .proposed ? networks.tempering : nil, rows: rows, dimensions: d),
      momentum: PolicyMomentum(std: momentumStd, kind: settings.momentum, actionSize: d, rows: rows), temperature: temperature)
  }

  /// 1/√β.
  func momentumStd(_ use: PolicyUse) -> Double {
    use == .exploration ? settings.momentumStdExploration : settings.momentumStdTraining
  }

  /// What F is multiplied by.
  private func strength(_ use: PolicyUse) -> Double {
    let inverseMass = settings.mass == .consistent ? momentumStd(use) * momentumStd(use) : 1
    if use == .training { return inverseMass }
    switch settings.explorationGain {
    case .factor(let gain): return inverseMass * gain
    case .matched:
      let ratio = settings.momentumStdExploration / settings.momentumStdTraining
      return inverseMass * ratio * ratio
    }
  }

  /// π_θ before its tanh.
  func base(rows: Int) -> LatentGaussian<S> {
    LatentGaussian(networks.policy, sharedLogStd: networks.policyStd, actionSize: settings.actionSize, rows: rows)
  }

  func surfaces(rows: Int) -> ActionValueSurfaces<S> { ActionValueSurfaces(self, rows: rows) }
}

/// What a policy's actions are for; 1/√β differs.
enum PolicyUse {
  /// Training, and evaluation, whose p₀ is 0.
  case training
  case exploration
}

/// The surfaces that policies of one agent climb, for a fixed number of states.
package struct ActionValueSurfaces<S: Scalar> {
  /// min(Q̄₁, Q̄₂), the value in y.
  package let target: ActionValueSurface<S>
  /// Q̄_C, the value in y_C.
  let targetCost: ActionValueSurface<S>?
  /// What policies climb, of the target critics and of the online ones: min(Q₁, Q₂), for a safe agent less λQ_C.
  private let targetObjective: ActionValueSurface<S>
  private let onlineObjective: ActionValueSurface<S>
  private let hamiltonianCritic: CriticChoice

  init(_ model: SoftActorCriticModel<S>, rows: Int) {
    let d = model.settings.actionSize
    func surface(_ function: any ActionValue<S>) -> ActionValueSurface<S> {
      ActionValueSurface(function, actionSize: d, rows: rows)
    }
    let critics = model.networks.critics
    target = surface(TwinMinimum(critics.first.target, critics.second.target, actionSize: d, rows: rows))
    let online = surface(TwinMinimum(critics.first.online, critics.second.online, actionSize: d, rows: rows))
    hamiltonianCritic = model.settings.hamiltonianCritic
    if let cost = model.networks.cost, let multiplier = model.multiplier {
      let targetCost = surface(SingleCritic(cost.target, actionSize: d, rows: rows))
      let onlineCost = surface(SingleCritic(cost.online, actionSize: d, rows: rows))
      self.targetCost = targetCost
      targetObjective = surface(PenalizedActionValue(reward: target, cost: targetCost, multiplier: multiplier, rows: rows))
      onlineObjective = surface(PenalizedActionValue(reward: online, cost: onlineCost, multiplier: multiplier, rows: rows))
    } else {
      targetCost = nil
      targetObjective = target
      onlineObjective = online
    }
  }

  /// Sets the states that all of them are about; what was evaluated before is forgotten.
  func begin(at observations: Matrix<S>) {
    target.begin(at: observations)
    targetCost?.begin(at: observations)
    targetObjective.begin(at: observations)
    onlineObjective.begin(at: observations)
  }

  /// An evolved policy climbs the Hamiltonian's critics and is trained on them; SAC's objective takes the online ones.
  func climbed(by kind: PolicyKind) -> ActionValueSurface<S> {
    kind.isEvolved && hamiltonianCritic == .target ? targetObjective : onlineObjective
  }
}
