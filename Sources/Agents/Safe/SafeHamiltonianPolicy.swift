import LinearAlgebra

/// Algorithm 3: leapfrog steps until an action is accepted, with fresh momentum noise after every refused one.
final class SafeHamiltonianPolicy<S: Scalar> {
  private let base: GaussianPolicy<S>
  private let field: ActionValueField<S>
  private let force: ProposedForce<S>
  private let leapfrog: LeapfrogOperator<S>
  private let filter: LyapunovFilter<S>
  private let movesLatent: Bool
  private let position: Matrix<S>
  private let momentum: Matrix<S>
  private let freshMomentum: Matrix<S>
  /// [1, actions].
  let action: Matrix<S>
  private(set) var counts = FilterCounts()

  init(
    networks: ActorCriticNetworks<S>, surface: any ActionValue<S>, settings: AgentSettings, safety: SafetySettings
  ) {
    let d = settings.actionSize
    base = GaussianPolicy(networks.policy, sharedLogStd: nil, actionSize: d, rows: 1)
    field = ActionValueField(surface, boundary: settings.boundary, rows: 1, actionSize: d)
    force = ProposedForce(
      field, transform: networks.proposed.transform, gate: networks.proposed.gate, actionSize: d,
      evaluations: safety.safeLeapfrogSteps + 1, rows: 1)
    leapfrog = LeapfrogOperator(
      steps: safety.safeLeapfrogSteps, stepSize: settings.leapfrogStepSize, boundary: settings.boundary, rows: 1,
      dimensions: d)
    filter = LyapunovFilter(networks: networks, settings: settings, safety: safety)
    movesLatent = settings.boundary == .latent
    position = Matrix(rows: 1, columns: d)
    momentum = Matrix(rows: 1, columns: d)
    freshMomentum = Matrix(rows: 1, columns: d)
    action = Matrix(rows: 1, columns: d)
  }

  func beginEpisode(at observation: Matrix<S>) { filter.beginEpisode(at: observation) }

  /// Chooses ``action`` for one state.
  /// - Parameters:
  ///   - noise: ξ of a₀, [1, actions].
  ///   - drawMomentum: fills its argument with the noise that p₀ starts as and that refused actions add: the deviation's multiple
  ///     of standard normal numbers, or zeros.
  func choose(observation: Matrix<S>, noise: Matrix<S>, drawMomentum: (Matrix<S>) -> Void) {
    base.sample(observations: observation, noise: noise)
    if movesLatent { position.copy(from: base.latent) } else { position.setSquashed(base.latent) }
    drawMomentum(momentum)
    filter.prepare(observation: observation)
    field.surface.prepare(observations: observation)
    force.prepare(observations: observation)
    leapfrog.begin(at: position, under: force)
    counts.actions += 1
    for step in 0..<leapfrog.steps {
      leapfrog.advance(step, position: position, momentum: momentum, under: force)
      counts.steps += 1
      if movesLatent { action.setSquashed(position) } else { action.copy(from: position) }
      if filter.accepts(action) { return }
      counts.rejected += 1
      if step + 1 < leapfrog.steps {
        drawMomentum(freshMomentum)
        momentum.add(freshMomentum)
      }
    }
  }

  /// Counts since the last call.
  func takeCounts() -> FilterCounts {
    defer { counts = FilterCounts() }
    return counts
  }
}

/// What the filter did, to be logged.
public struct FilterCounts: Sendable, Equatable {
  /// Actions chosen.
  public var actions = 0
  /// Leapfrog steps taken for them: actions proposed.
  public var steps = 0
  /// Proposed actions that the constraint refused.
  public var rejected = 0

  public init() {}
}
