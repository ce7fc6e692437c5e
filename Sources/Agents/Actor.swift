import LinearAlgebra
import Random

/// Chooses actions one state at a time, by the exploration policy or, without noise, by the training policy.
public final class Actor<S: Scalar> {
  private let exploration: HamiltonianPolicy<S>
  private let evaluation: HamiltonianPolicy<S>
  private let settings: AgentSettings
  private let observation: Matrix<S>
  private let noise: Matrix<S>
  private let momentumNoise: Matrix<S>
  private let zeros: Matrix<S>

  public init(_ agent: SoftActorCritic<S>) {
    settings = agent.settings
    func policy(_ kind: PolicyKind) -> HamiltonianPolicy<S> {
      let surfaces = ActionValueSurfaces(
        networks: agent.networks, settings: agent.settings, multiplier: agent.multiplier, rows: 1)
      // Acting has no objective of its own: a conventional or proposed policy climbs the Hamiltonian's critics.
      return HamiltonianPolicy(
        kind, networks: agent.networks, surface: surfaces.climbed(by: kind), temperature: agent.temperature,
        settings: agent.settings, rows: 1)
    }
    exploration = policy(settings.explorationPolicy)
    evaluation = policy(settings.trainingPolicy)
    observation = Matrix(rows: 1, columns: settings.observationSize)
    noise = Matrix(rows: 1, columns: settings.actionSize)
    momentumNoise = Matrix(rows: 1, columns: settings.actionSize)
    zeros = Matrix(rows: 1, columns: settings.actionSize)
  }

  /// a ~ the exploration policy, with its own momentum deviation.
  /// - Parameters:
  ///   - state: [observations].
  ///   - action: receives [actions] in [-1, 1].
  public func explore(_ state: [Double], into action: inout [Float], using generator: inout SeededGenerator) {
    load(state)
    noise.fillStandardNormal(using: &generator)
    momentumNoise.fillStandardNormal(using: &generator)
    exploration.sample(
      observations: observation, noise: noise, momentumNoise: momentumNoise,
      momentumStd: settings.momentumStdExploration)
    store(exploration.action, into: &action)
  }

  /// The deterministic action: a₀ = tanh μ, p₀ = 0, then the training policy's leapfrog steps.
  public func exploit(_ state: [Double], into action: inout [Float]) {
    load(state)
    evaluation.sample(observations: observation, noise: zeros, momentumNoise: zeros, momentumStd: 0)
    store(evaluation.action, into: &action)
  }

  private func load(_ state: [Double]) {
    demand(state.count == settings.observationSize, "\(state.count) observations, \(settings.observationSize) expected")
    // Through Float, as replay keeps them: the networks see the same state when acting and when learning.
    for index in 0..<state.count { observation.pointer[index] = S(Float(state[index])) }
  }

  private func store(_ chosen: Matrix<S>, into action: inout [Float]) {
    demand(action.count == settings.actionSize, "room for \(action.count) actions, \(settings.actionSize) expected")
    for index in 0..<action.count {
      // `reflect` may leave the box by a rounding error; tasks take [-1, 1].
      action[index] = min(max(Float(chosen.pointer[index]), -1), 1)
    }
  }
}
