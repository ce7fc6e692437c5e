import LinearAlgebra
import NeuralNetworks
import Random

/// Actions at one state: what the base policy draws, what exploration makes of each draw, and Q around them (paper, Figure 7).
extension SoftActorCritic {
  /// Draws of the exploration policy, as it acts in training.
  /// - Parameters:
  ///   - state: [observations]; for a safe agent also the episode's first state, which its filter refers to.
  ///   - count: draws.
  /// - Returns: a₀ and the action taken, draw by draw, [count, actions] each; equal where nothing evolves actions. `nil` where
  ///   exploration is more than a policy's sample.
  public func explorationActions(
    at state: [Double], count: Int, using generator: inout SeededGenerator
  ) -> (base: Matrix<S>, evolved: Matrix<S>)? {
    let d = model.settings.actionSize
    let base = Matrix<S>(rows: count, columns: d)
    let evolved = Matrix<S>(rows: count, columns: d)
    if model.settings.filtersActions {
      // Algorithm 3 draws as many momenta as it has to, one state at a time.
      let observation = rows(of: state, count: 1)
      let rule = FilteredActing(model, for: .exploration, draws: true)
      rule.beginEpisode(at: observation)
      for row in 0..<count {
        let action = rule.action(at: observation, using: &generator)
        base.rows(row..<row + 1).copy(from: rule.baseAction)
        evolved.rows(row..<row + 1).copy(from: action)
      }
      return (base, evolved)
    }
    guard let kind = model.settings.explorationPolicy.policy else { return nil }
    let observations = rows(of: state, count: count)
    let noise = PolicyNoise<S>(rows: count, actionSize: d)
    noise.draw(using: &generator)
    let surfaces = model.surfaces(rows: count)
    surfaces.begin(at: observations)
    let policy = model.policy(kind, for: .exploration, surfaces: surfaces, rows: count)
    policy.sample(observations: observations, noise: noise)
    base.copy(from: policy.baseAction)
    evolved.copy(from: policy.action)
    return (base, evolved)
  }

  /// The base policy's action without noise, [actions].
  public func meanAction(at state: [Double]) -> [S] {
    let base = model.base(rows: 1)
    let mean = Matrix<S>(rows: 1, columns: model.settings.actionSize)
    base.sample(observations: rows(of: state, count: 1), noise: PolicyNoise<S>(rows: 1, actionSize: mean.columns).action)
    mean.setSquashed(base.latent)
    return mean.array[0]
  }

  /// min(Q₁, Q₂) at one state, of the critics that exploration climbs: the setting `hamiltonian_critic`'s where it evolves actions,
  /// else the online ones. A safe agent's cost is not in it.
  /// - Parameter actions: [count, actions].
  /// - Returns: [count].
  public func minimumActionValue(at state: [Double], of actions: Matrix<S>) -> Vector<S> {
    let critics = model.networks.critics
    let (first, second) =
      exploresUnderTargets ? (critics.first.target, critics.second.target) : (critics.first.online, critics.second.online)
    let minimum = TwinMinimum(first, second, actionSize: model.settings.actionSize, rows: actions.rows)
    minimum.begin(at: rows(of: state, count: actions.rows))
    minimum.evaluate(actions: actions)
    return Vector(minimum.values.array)
  }

  /// Whether ``minimumActionValue(at:of:)`` is the target critics'.
  public var exploresUnderTargets: Bool {
    let settings = model.settings
    let isEvolved = settings.explorationPolicy.policy?.isEvolved == true || settings.filtersActions
    return isEvolved && settings.hamiltonianCritic == .target
  }

  private func rows(of state: [Double], count: Int) -> Matrix<S> {
    let size = model.settings.observationSize
    demand(state.count == size, "\(state.count) observations, \(size) expected")
    let matrix = Matrix<S>(rows: count, columns: size)
    for row in 0..<count {
      // Through Float, as when acting.
      for column in 0..<size { matrix[row, column] = S(Float(state[column])) }
    }
    return matrix
  }
}
