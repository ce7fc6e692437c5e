import LinearAlgebra
import Random

/// Chooses actions one state at a time, by the exploration policy or, without noise, by the training policy.
public final class Actor<S: Scalar> {
  private let choice: Choice
  private let settings: AgentSettings
  private let observation: Matrix<S>
  private let noise: Matrix<S>
  private let momentumNoise: Matrix<S>
  private let zeros: Matrix<S>

  private enum Choice {
    case free(exploration: HamiltonianPolicy<S>, evaluation: HamiltonianPolicy<S>)
    /// Algorithm 3 serves both.
    case filtered(SafeHamiltonianPolicy<S>)
  }

  public init(_ agent: SoftActorCritic<S>) {
    let settings = agent.settings
    self.settings = settings
    // Acting has no objective of its own: whatever is evolved climbs the Hamiltonian's critics.
    let surfaces = ActionValueSurfaces(
      networks: agent.networks, settings: settings, multiplier: agent.multiplier, rows: 1)
    func policy(_ kind: PolicyKind) -> HamiltonianPolicy<S> {
      HamiltonianPolicy(
        kind, networks: agent.networks, surface: surfaces.climbed(by: kind), temperature: agent.temperature,
        settings: settings, rows: 1)
    }
    if let safety = settings.safety, safety.filtersActions {
      choice = .filtered(
        SafeHamiltonianPolicy(
          networks: agent.networks, surface: surfaces.climbed(by: .proposed), temperature: agent.temperature,
          settings: settings, safety: safety))
    } else {
      choice = .free(exploration: policy(settings.explorationPolicy), evaluation: policy(settings.trainingPolicy))
    }
    observation = Matrix(rows: 1, columns: settings.observationSize)
    noise = Matrix(rows: 1, columns: settings.actionSize)
    momentumNoise = Matrix(rows: 1, columns: settings.actionSize)
    zeros = Matrix(rows: 1, columns: settings.actionSize)
  }

  /// Takes note of an episode's first state, which the Lyapunov constraint refers to.
  public func beginEpisode(at state: [Double]) {
    guard case .filtered(let policy) = choice else { return }
    load(state)
    policy.beginEpisode(at: observation)
  }

  /// What the filter did since the last call; `nil` where there is none.
  public func takeFilterCounts() -> FilterCounts? {
    guard case .filtered(let policy) = choice else { return nil }
    return policy.takeCounts()
  }

  /// a ~ the exploration policy, with its own momentum deviation.
  /// - Parameters:
  ///   - state: [observations].
  ///   - action: receives [actions] in [-1, 1].
  /// - Throws: ``AgentError/diverged(quantity:value:)`` when the action is not finite.
  public func explore(
    _ state: [Double], into action: inout [Float], using generator: inout SeededGenerator
  ) throws(AgentError) {
    load(state)
    noise.fillStandardNormal(using: &generator)
    switch choice {
    case .free(let policy, _):
      momentumNoise.fillStandardNormal(using: &generator)
      policy.sample(
        observations: observation, noise: noise, momentumNoise: momentumNoise,
        momentumStd: settings.momentumStdExploration)
      try store(policy.action, into: &action)
    case .filtered(let policy):
      let scale = settings.momentum == .zero ? 0 : S(settings.momentumStdExploration)
      policy.choose(observation: observation, noise: noise) { momentum in
        momentumNoise.fillStandardNormal(using: &generator)
        momentum.set(momentumNoise, scaledBy: scale)
      }
      try store(policy.action, into: &action)
    }
  }

  /// The deterministic action: a₀ = tanh μ, p₀ = 0, then the training policy's leapfrog steps.
  /// - Throws: ``AgentError/diverged(quantity:value:)`` when the action is not finite.
  public func exploit(_ state: [Double], into action: inout [Float]) throws(AgentError) {
    load(state)
    switch choice {
    case .free(_, let policy):
      policy.sample(observations: observation, noise: zeros, momentumNoise: zeros, momentumStd: 0)
      try store(policy.action, into: &action)
    case .filtered(let policy):
      policy.choose(observation: observation, noise: zeros) { $0.fill(0) }
      try store(policy.action, into: &action)
    }
  }

  private func load(_ state: [Double]) {
    demand(state.count == settings.observationSize, "\(state.count) observations, \(settings.observationSize) expected")
    // Through Float, as replay keeps them: the networks see the same state when acting and when learning.
    for index in 0..<state.count { observation.pointer[index] = S(Float(state[index])) }
  }

  private func store(_ chosen: Matrix<S>, into action: inout [Float]) throws(AgentError) {
    demand(action.count == settings.actionSize, "room for \(action.count) actions, \(settings.actionSize) expected")
    for index in 0..<action.count {
      let value = Float(chosen.pointer[index])
      // A simulator may take NaN for 0, so it would not show.
      guard value.isFinite else { throw .diverged(quantity: "action", value: Double(value)) }
      // `reflect` may leave the box by a rounding error; tasks take [-1, 1].
      action[index] = min(max(value, -1), 1)
    }
  }
}
