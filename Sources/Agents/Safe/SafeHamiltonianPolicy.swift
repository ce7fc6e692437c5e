import LinearAlgebra

/// Algorithm 3: leapfrog steps until an action is accepted, with fresh momentum noise after every refused one.
final class SafeHamiltonianPolicy<S: Scalar> {
  private let policy: HamiltonianPolicy<S>
  private let filter: LyapunovFilter<S>
  private let steps: Int
  private let freshMomentum: Matrix<S>
  private(set) var counts = FilterCounts()

  init(
    networks: ActorCriticNetworks<S>, surface: any ActionValue<S>, temperature: Temperature, settings: AgentSettings,
    safety: SafetySettings
  ) {
    steps = safety.safeLeapfrogSteps
    var longer = settings
    longer.leapfrogSteps = steps
    policy = HamiltonianPolicy(
      .proposed, networks: networks, surface: surface, temperature: temperature, settings: longer, rows: 1)
    filter = LyapunovFilter(networks: networks, settings: settings, safety: safety)
    freshMomentum = Matrix(rows: 1, columns: settings.actionSize)
  }

  /// [1, actions].
  var action: Matrix<S> { policy.action }

  func beginEpisode(at observation: Matrix<S>) { filter.beginEpisode(at: observation) }

  /// Chooses ``action`` for one state.
  /// - Parameters:
  ///   - noise: ξ of a₀, [1, actions].
  ///   - drawMomentum: fills its argument with the noise that p₀ starts as and that refused actions add: the deviation's multiple
  ///     of standard normal numbers, or zeros.
  func choose(observation: Matrix<S>, noise: Matrix<S>, drawMomentum: (Matrix<S>) -> Void) {
    drawMomentum(policy.momentum)
    filter.prepare(observation: observation)
    policy.begin(observations: observation, noise: noise)
    counts.actions += 1
    for step in 0..<steps {
      policy.advance(step)
      counts.steps += 1
      if filter.accepts(policy.action) { return }
      counts.rejected += 1
      if step + 1 < steps {
        drawMomentum(freshMomentum)
        policy.momentum.add(freshMomentum)
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
