import Agents
import LinearAlgebra
import NeuralNetworks
import Random
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// What `diagnostics` logs, recomputed row by row from the formulas.
extension PlainFormulaTests {
  private struct Diagnosis {
    var drift = 0.0
    var noise = 0.0
    var cosine = 0.0
    var gain = 0.0
    var critics = 0.0
  }

  private func length(_ x: [Double]) -> Double { x.map { $0 * $0 }.reduce(0, +).squareRoot() }

  private func cosine(_ x: [Double], _ y: [Double]) -> Double {
    let lengths = length(x) * length(y)
    return lengths > 0 ? zip(x, y).map { $0 * $1 }.reduce(0, +) / lengths : 0
  }

  /// Means over the batch.
  private func diagnose(_ agent: SoftActorCritic<Double>) -> Diagnosis {
    let (settings, batch, critics) = (agent.settings, agent.minibatch, agent.parts.critics)
    let isLatent = settings.boundary == .latent
    let isEvolved = settings.trainingPolicy.isEvolved
    let kinetic = settings.alpha / (2 * settings.momentumStdTraining * settings.momentumStdTraining)
    let climbsTargets = isEvolved && settings.hamiltonianCritic == .target
    var sum = Diagnosis()
    for row in 0..<batch.size {
      let s = batch.observations.row(row).array
      let momentumNoise = settings.momentum == .zero ? [0, 0, 0] : agent.updateNoise.now.momentum.row(row).array
      func q(_ a: [Double]) -> Double {
        let twins = [critics.first, critics.second].map { output(climbsTargets ? $0.target : $0.online, s + a)[0] }
        let cost = agent.parts.cost.map { output(climbsTargets ? $0.target : $0.online, s + a)[0] } ?? 0
        return min(twins[0], twins[1]) - (agent.multiplier?.value ?? 0) * cost
      }
      func position(_ action: [Double]) -> [Double] { isLatent ? action.map { atanh($0) } : action }
      func path(steps: Int) -> Row {
        evolve(agent, s, noise: agent.updateNoise.now.action.row(row).array, momentumNoise: momentumNoise, steps: steps)
      }
      let start = path(steps: 0)
      let a0 = start.baseAction
      let slopes = [critics.first, critics.second].map { critic in
        gradient({ output(climbsTargets ? critic.target : critic.online, s + $0)[0] }, a0)
      }
      sum.critics += cosine(slopes[0], slopes[1])
      if !isEvolved { continue }
      let end = path(steps: settings.leapfrogSteps)
      // Where the same momentum goes without a force and without walls, a step at a time.
      var (free, p) = (position(a0), momentumNoise.map { settings.momentumStdTraining * $0 })
      let p0 = length(p)
      for step in 0..<settings.leapfrogSteps {
        free = zip(free, p).map { $0 + settings.leapfrogStepSize * $1 }
        if let tempering = agent.parts.tempering { p = p.map { $0 / (1 + exp(-tempering.parameters.values[step])) } }
      }
      let moved = zip(position(end.action), free).map { $0 - $1 }
      sum.drift += length(moved)
      sum.noise += length(zip(free, position(a0)).map { $0 - $1 })
      sum.cosine += cosine(moved, gradient({ q(isLatent ? $0.map { tanh($0) } : $0) }, position(a0)))
      let (p2, p02) = (end.momentum.map { $0 * $0 }.reduce(0, +), p0 * p0)
      sum.gain += q(end.action) - settings.alpha * end.logProbability - kinetic * p2
      sum.gain -= q(a0) - settings.alpha * start.logProbability - kinetic * p02
    }
    let rows = Double(batch.size)
    return Diagnosis(
      drift: sum.drift / rows, noise: sum.noise / rows, cosine: sum.cosine / rows, gain: sum.gain / rows, critics: sum.critics / rows)
  }

  private func expectDiagnosis(_ name: String, _ configure: (inout AgentSettings) -> Void) {
    for lanes in [1, 3] {
      let agent = makeAgent(observations: 4, actions: 3, lanes: lanes) {
        $0.diagnostics = true
        configure(&$0)
      }
      agent.multiplier?.restore(value: 0.8, recent: [], steps: [])
      agent.setPolicyGradients()
      let expected = diagnose(agent)
      let values = [
        ("drift", expected.drift), ("drift_to_noise", expected.noise > 0 ? expected.drift / expected.noise : 0),
        ("drift_cosine", expected.cosine), ("elbo_gain", expected.gain), ("critic_cosine", expected.critics),
      ]
      #expect(expected.drift > 1e-3 && abs(expected.gain) > 1e-3, "\(name): there is next to nothing to measure")
      for (scalar, value) in values {
        let found = agent.measured(scalar)
        // Slopes by differences, carried over K steps, as in the formulas themselves.
        #expect(abs(found - value) < 1e-6 * max(1, abs(value)), "\(scalar) is \(found), not \(value); \(name), \(lanes) lanes")
      }
    }
  }

  @Test(arguments: Boundary.allCases, [PolicyKind.proposed, .conventional])
  func `diagnostics are drift, noise, cosines and gain of the bound, computed row by row`(_ boundary: Boundary, _ kind: PolicyKind) {
    expectDiagnosis("\(boundary), \(kind)") {
      ($0.explorationPolicy, $0.trainingPolicy, $0.boundary) = (.policy(kind), kind, boundary)
      ($0.leapfrogSteps, $0.leapfrogStepSize) = (3, kind == .proposed ? 0.35 : 0.1)
    }
  }

  @Test func `so they are with tempering, another mass, no momentum and a constraint`() {
    expectDiagnosis("tempering") { ($0.tempering, $0.leapfrogSteps) = (.learned, 3) }
    expectDiagnosis("tempering, latent") { ($0.tempering, $0.boundary, $0.leapfrogSteps) = (.learned, .latent, 3) }
    expectDiagnosis("consistent mass") { $0.mass = .consistent }
    expectDiagnosis("no momentum") { $0.momentum = .zero }
    expectDiagnosis("a constraint") { ($0.constraint, $0.costLimit) = (.lyapunov, 1) }
  }

  @Test func `an agent whose actions do not move compares its online critics alone`() {
    let agent = makeAgent(observations: 4, actions: 3, lanes: 2) {
      $0.sac(layers: 1)
      $0.diagnostics = true
    }
    agent.setPolicyGradients()
    let found = agent.measured("critic_cosine")
    #expect(abs(found - diagnose(agent).critics) < 1e-6 && abs(found) > 1e-3 && abs(found) < 1)
    #expect(Set(agent.report.names).isDisjoint(with: ["drift", "drift_to_noise", "drift_cosine", "elbo_gain"]))
  }

  @Test(arguments: [PolicyKind.gaussian, .proposed]) func `measuring changes nothing of what is learned`(_ kind: PolicyKind) throws {
    func trained(_ diagnostics: Bool) throws -> [[Float]] {
      let agent = makeAgent(Float.self, batch: 16) {
        ($0.explorationPolicy, $0.trainingPolicy, $0.diagnostics) = (.policy(kind), kind, diagnostics)
      }
      for _ in 0..<8 { try agent.update() }
      #expect(agent.report.names.contains("critic_cosine") == diagnostics)
      return agent.networks.map { $0.parameters.values.array }
    }
    #expect(try trained(true) == trained(false))
  }
}
