import LinearAlgebra
import Random

/// Algorithm 3: leapfrog steps until an action is accepted, with fresh momentum noise after every refused one.
final class FilteredActing<S: Scalar>: ActingRule {
  private let surfaces: ActionValueSurfaces<S>
  private let policy: EvolvedPolicy<S>
  private let filter: LyapunovFilter<S>
  private let steps: Int
  private let noise: PolicyNoise<S>
  private let draws: Bool
  /// Leapfrog steps per action, and the share of proposed actions that the constraint refused.
  private let stepsPerAction = ActingScalar("leapfrog_steps")
  private let discardedShare = ActingScalar("discarded_share")

  private(set) var isAccepted = true

  /// - Parameters:
  ///   - use: whose momentum it has.
  ///   - draws: whether there is noise.
  init(_ agent: SoftActorCriticModel<S>, for use: PolicyUse, draws: Bool) {
    let settings = agent.settings
    steps = settings.safeLeapfrogSteps
    surfaces = agent.surfaces(rows: 1)
    policy = agent.evolvedPolicy(.proposed, for: use, surfaces: surfaces, steps: steps, rows: 1)
    filter = LyapunovFilter(agent)
    noise = PolicyNoise(rows: 1, actionSize: settings.actionSize)
    self.draws = draws
  }

  /// What the last action was evolved from, [1, actions].
  var baseAction: Matrix<S> { policy.baseAction }

  var scalars: [ActingScalar] { [stepsPerAction, discardedShare] }

  func beginEpisode(at observation: Matrix<S>) { filter.beginEpisode(at: observation) }

  func action(at observation: Matrix<S>, using generator: inout SeededGenerator) -> Matrix<S> {
    if draws { noise.draw(using: &generator) }
    surfaces.begin(at: observation)
    filter.prepare(observation: observation)
    policy.beginSteps(observations: observation, noise: noise)
    var taken = 0
    while true {
      policy.advance(taken)
      taken += 1
      isAccepted = filter.accepts(policy.action)
      discardedShare.add(isAccepted ? 0 : 1)
      if isAccepted || taken == steps { break }
      if draws {
        noise.momentum.fillStandardNormal(using: &generator)
        policy.momentum?.add(noise.momentum)
      }
    }
    stepsPerAction.add(Double(taken))
    return policy.action
  }
}
