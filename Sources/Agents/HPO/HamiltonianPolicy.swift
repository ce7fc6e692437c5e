import LinearAlgebra
import NeuralNetworks

/// A policy's action for a fixed number of states: (a₀, p₀) from the base policy and the momentum's Gaussian, evolved into
/// (a_K, p_K) by the leapfrog (paper §IV-A, Algorithm 2). With K = 0 it is the Gaussian policy itself.
///
/// Holds what the way back needs, so each thread has its own.
package final class HamiltonianPolicy<S: Scalar> {
  let base: GaussianPolicy<S>
  let field: ActionValueField<S>
  private let leapfrog: LeapfrogOperator<S>
  /// What drives the leapfrog; `nil` where actions are not evolved.
  private let force: (any LeapfrogForce<S>)?
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
  /// What the leapfrog moves: the action itself, or u for `Boundary.latent`.
  private let position: Matrix<S>
  private let positionGradient: Matrix<S>
  private let momentumGradient: Matrix<S>

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
    case .gaussian, .flow: force = nil
    case .conventional: force = ConventionalForce(field, temperature: temperature)
    case .proposed:
      force = ProposedForce(
        field, transform: networks.proposed.transform, gate: networks.proposed.gate, actionSize: d,
        evaluations: steps + 1, rows: rows)
    }
    baseAction = Matrix(rows: rows, columns: d)
    action = Matrix(rows: rows, columns: d)
    initialMomentum = Matrix(rows: rows, columns: d)
    momentum = Matrix(rows: rows, columns: d)
    logProbability = Vector(count: rows)
    position = movesLatent ? Matrix(rows: rows, columns: d) : action
    positionGradient = Matrix(rows: rows, columns: d)
    momentumGradient = Matrix(rows: rows, columns: d)
  }

  var isEvolved: Bool { force != nil }
  /// Whether p₀ is drawn at all.
  var hasMomentum: Bool { isEvolved && momentumKind != .zero }

  /// Draws a₀ and p₀ and evolves them. Zero noise gives the evaluation action.
  /// - Parameters:
  ///   - noise, momentumNoise: standard normal, [rows, actions].
  ///   - momentumStd: 1/√β.
  func sample(observations: Matrix<S>, noise: Matrix<S>, momentumNoise: Matrix<S>, momentumStd: Double) {
    initialMomentum.set(momentumNoise, scaledBy: momentumKind == .zero ? 0 : S(momentumStd))
    momentum.copy(from: initialMomentum)
    begin(observations: observations, noise: noise)
    for step in 0..<leapfrog.steps { move(step) }
    squash()
    (movesLatent ? position : latent).subtractSquashingCorrection(from: logProbability)
  }

  /// Draws a₀, from which the leapfrog then moves.
  func begin(observations: Matrix<S>, noise: Matrix<S>) {
    base.sample(observations: observations, noise: noise)
    logProbability.copy(from: base.logDensity)
    flows?.forward(base.latent, logDensity: logProbability)
    baseAction.setSquashed(latent)
    position.copy(from: movesLatent ? latent : baseAction)
    guard let force else { return }
    force.prepare(observations: observations)
    leapfrog.begin(at: position, under: force)
  }

  /// Takes one leapfrog step, from where ``momentum`` and ``action`` are now; steps count from 0.
  func advance(_ step: Int) {
    move(step)
    squash()
  }

  private func move(_ step: Int) {
    if let force { leapfrog.advance(step, position: position, momentum: momentum, under: force) }
  }

  private func squash() { if movesLatent { action.setSquashed(position) } }

  /// u of a₀ = tanh u, flows included.
  private var latent: Matrix<S> { flows?.output ?? base.latent }

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
    guard let force else { return }
    force.beginBackward()
    leapfrog.backward(positionGradient: positionGradient, momentumGradient: momentumGradient, under: force)
    force.finishBackward(observations: observations)
  }

  /// ∂L/∂h of the last backward pass, where there are leapfrog networks.
  var leapfrogGradients: (transform: MultilayerPerceptron<S>, gate: MultilayerPerceptron<S>)? {
    (force as? ProposedForce<S>)?.gradients
  }

  /// Gradients of the flows and of a shared log σ of the last backward pass, where there are such.
  var flowGradients: RadialFlowParameters<S>? { flows?.gradients }
  var sharedLogStdGradient: Vector<S> { base.sharedLogStdGradient }

  /// Σ of σ_h at a_K over rows and components.
  func gateSum() -> Double {
    (force as? ProposedForce<S>)?.gateSum() ?? 0
  }
}
