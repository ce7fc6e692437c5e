import LinearAlgebra
import NeuralNetworks

/// A policy's action for a fixed number of states: (a₀, p₀) from the base policy and the momentum's Gaussian, evolved into
/// (a_K, p_K) by the leapfrog (paper §IV-A, Algorithm 2). With K = 0 it is the Gaussian policy itself.
///
/// Holds what the way back needs, so each thread has its own.
package final class HamiltonianPolicy<S: Scalar> {
  let base: GaussianPolicy<S>
  let field: ActionValueField<S>
  private let evolution: Evolution
  private let leapfrog: LeapfrogOperator<S>
  private let flows: RadialFlows<S>?
  private let momentumKind: MomentumKind
  private let movesLatent: Bool

  /// a₀, [rows, actions]; tanh u₀ for `Boundary.latent`.
  package let baseAction: Matrix<S>
  /// a_K, [rows, actions].
  package let action: Matrix<S>
  /// p₀ and p_K, [rows, actions].
  let initialMomentum: Matrix<S>
  package let momentum: Matrix<S>
  /// log π as it stands in the objective, [rows].
  package let logProbability: Vector<S>
  /// u₀ to u_K for `Boundary.latent`.
  private let latentPosition: Matrix<S>
  private let positionGradient: Matrix<S>
  private let momentumGradient: Matrix<S>

  private enum Evolution {
    case none
    case proposed(ProposedForce<S>)
    case conventional(ConventionalForce<S>)
  }

  /// - Parameters:
  ///   - kind: how the base policy's action is evolved, if at all.
  ///   - surface: what the action climbs.
  init(
    _ kind: PolicyKind, networks: ActorCriticNetworks<S>, surface: any ActionValue<S>, temperature: Temperature,
    settings: AgentSettings, rows: Int
  ) {
    let d = settings.actionSize
    base = GaussianPolicy(networks.policy, sharedLogStd: networks.policyStd?.values, actionSize: d, rows: rows)
    flows = kind == .flow ? networks.flows.map { RadialFlows($0, rows: rows) } : nil
    // The boundary is the leapfrog's: without steps there is nothing that could leave the box.
    let boundary = kind.isEvolved ? settings.boundary : .clip
    movesLatent = boundary == .latent
    field = ActionValueField(surface, boundary: boundary, rows: rows, actionSize: d)
    let steps = kind.isEvolved ? settings.leapfrogSteps : 0
    leapfrog = LeapfrogOperator(
      steps: steps, stepSize: settings.leapfrogStepSize, boundary: boundary, rows: rows, dimensions: d)
    momentumKind = kind.isEvolved ? settings.momentum : .zero
    switch kind {
    case .gaussian, .flow: evolution = .none
    case .conventional: evolution = .conventional(ConventionalForce(field, temperature: temperature))
    case .proposed:
      evolution = .proposed(
        ProposedForce(
          field, transform: networks.proposed.transform, gate: networks.proposed.gate,
          actionSize: d, evaluations: steps + 1, rows: rows))
    }
    baseAction = Matrix(rows: rows, columns: d)
    action = Matrix(rows: rows, columns: d)
    initialMomentum = Matrix(rows: rows, columns: d)
    momentum = Matrix(rows: rows, columns: d)
    logProbability = Vector(count: rows)
    latentPosition = Matrix(rows: rows, columns: d)
    positionGradient = Matrix(rows: rows, columns: d)
    momentumGradient = Matrix(rows: rows, columns: d)
  }

  var isEvolved: Bool { leapfrog.steps > 0 }
  /// Whether p₀ is drawn at all.
  var hasMomentum: Bool { isEvolved && momentumKind != .zero }

  /// Draws a₀ and p₀ and evolves them. Zero noise gives the evaluation action.
  /// - Parameters:
  ///   - noise, momentumNoise: standard normal, [rows, actions].
  ///   - momentumStd: 1/√β.
  func sample(observations: Matrix<S>, noise: Matrix<S>, momentumNoise: Matrix<S>, momentumStd: Double) {
    base.sample(observations: observations, noise: noise)
    logProbability.copy(from: base.logDensity)
    flows?.forward(base.latent, logDensity: logProbability)
    let latent = flows?.output ?? base.latent
    baseAction.setSquashed(latent)
    initialMomentum.set(momentumNoise, scaledBy: momentumKind == .zero ? 0 : S(momentumStd))
    momentum.copy(from: initialMomentum)
    if isEvolved {
      field.surface.prepare(observations: observations)
    }
    if movesLatent {
      latentPosition.copy(from: latent)
      evolve(latentPosition, observations)
      action.setSquashed(latentPosition)
      latentPosition.subtractSquashingCorrection(from: logProbability)
    } else {
      action.copy(from: baseAction)
      evolve(action, observations)
      latent.subtractSquashingCorrection(from: logProbability)
    }
  }

  private func evolve(_ position: Matrix<S>, _ observations: Matrix<S>) {
    switch evolution {
    case .none: break
    case .conventional(let force):
      leapfrog.evolve(position: position, momentum: momentum, under: force)
    case .proposed(let force):
      force.prepare(observations: observations)
      leapfrog.evolve(position: position, momentum: momentum, under: force)
    }
  }

  /// Evaluates Q and ∇ₐQ at a_K. The last leapfrog step has done so already, at the critics it climbs.
  func evaluateActionValue(observations: Matrix<S>) {
    if isEvolved { return }
    field.surface.prepare(observations: observations)
    field.evaluate(at: action)
  }

  /// Back-propagates a loss L that depends on a_K, p_K and log π; ``evaluateActionValue(observations:)`` came before.
  /// - Parameters:
  ///   - valueScale: ∂L/∂Q(s, a_K), the same for every row.
  ///   - logProbabilityScale: ∂L/∂log π, the same for every row.
  ///   - momentumScale: ∂L/∂p_K is this times p_K.
  ///   - gradient: receives ∂L/∂θ; ∂L/∂h goes to ``leapfrogGradients``.
  func backward(
    observations: Matrix<S>, valueScale: S, logProbabilityScale: S, momentumScale: S, gradient: MultilayerPerceptron<S>
  ) {
    positionGradient.set(field.actionGradient, scaledBy: valueScale)
    momentumGradient.set(momentum, scaledBy: momentumScale)
    if movesLatent {
      positionGradient.unsquashGradient(actions: action, correctionScale: logProbabilityScale)
      backwardThroughEvolution(observations)
    } else {
      backwardThroughEvolution(observations)
      positionGradient.unsquashGradient(actions: baseAction, correctionScale: logProbabilityScale)
    }
    flows?.backward(positionGradient, logDensityScale: logProbabilityScale)
    base.backward(latentGradient: positionGradient, logDensityGradient: logProbabilityScale, gradient: gradient)
  }

  private func backwardThroughEvolution(_ observations: Matrix<S>) {
    switch evolution {
    case .none: break
    case .conventional(let force):
      leapfrog.backward(positionGradient: positionGradient, momentumGradient: momentumGradient, under: force)
    case .proposed(let force):
      force.beginBackward()
      leapfrog.backward(positionGradient: positionGradient, momentumGradient: momentumGradient, under: force)
      force.finishBackward(observations: observations)
    }
  }

  /// ∂L/∂h of the last backward pass, where there are leapfrog networks.
  var leapfrogGradients: (transform: MultilayerPerceptron<S>, gate: MultilayerPerceptron<S>)? {
    if case .proposed(let force) = evolution { force.gradients } else { nil }
  }

  /// Gradients of the flows and of a shared log σ of the last backward pass, where there are such.
  var flowGradients: RadialFlowParameters<S>? { flows?.gradients }
  var sharedLogStdGradient: Vector<S> { base.sharedLogStdGradient }

  /// Σ of σ_h at a_K over rows and components.
  func gateSum() -> Double {
    if case .proposed(let force) = evolution { force.gateSum() } else { 0 }
  }
}
