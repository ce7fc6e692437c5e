import Agents
import Configuration
import Gym
import HDF5
import Records
import Support

/// Evaluations every `evaluation_interval` steps, and the networks of the best of them. It has random streams of its own, so its
/// interval changes nothing else.
final class RegularEvaluation: RunPart {
  private let environment: TimeLimit
  /// Apart from the one that explores: a filter's reference to the first state is each episode's own.
  private let actor: ActingPolicy<Float>
  private let cost: SafetyCost?
  /// Those of this process, oldest first.
  private(set) var results: [(step: Int, meanReturn: Double, meanDiscountedCost: Double?)] = []

  init(_ environment: TimeLimit, _ actor: ActingPolicy<Float>, _ cost: SafetyCost?) {
    self.environment = environment
    self.actor = actor
    self.cost = cost
  }

  func stepTaken(_ run: RunState) throws {
    guard run.isDue(every: run.settings.evaluationInterval) else { return }
    try run.outsideLoop { try evaluate(run) }
  }

  private func evaluate(_ run: RunState) throws {
    let step = run.progress.step
    let evaluation = try run.reportingDivergence(at: step) {
      try Evaluation.run(
        actor, in: environment, episodes: run.settings.evaluationEpisodes, cost: cost, gamma: run.settings.gamma,
        using: &run.generators.evaluation)
    }
    try run.curve.appendEvaluation(
      step: step, returns: evaluation.returns, lengths: evaluation.lengths, costs: evaluation.costs,
      discountedCosts: evaluation.discountedCosts, wallSeconds: run.progress.wallSeconds)
    try run.curve.flush()
    let mean = Statistics(evaluation.returns).mean
    results.append((step, mean, cost == nil ? nil : Statistics(evaluation.discountedCosts).mean))
    if mean > run.progress.bestReturn ?? -.infinity {
      run.progress.bestReturn = mean
      try run.writeNetworks(to: run.directory.best) { try $0.setAttribute("return_mean", mean) }
    }
  }
}

/// Networks kept every `snapshot_interval` steps.
struct Snapshots: RunPart {
  func stepTaken(_ run: RunState) throws {
    let interval = run.settings.snapshotInterval
    guard interval > 0, run.progress.step % interval == 0 else { return }
    try run.outsideLoop {
      try run.directory.prepareSnapshots()
      try run.writeNetworks(to: run.directory.snapshot(at: run.progress.step)) { _ in }
    }
  }
}

extension RunState {
  /// Writes what acting needs, as `best.h5` is laid out.
  func writeNetworks(to path: String, attributes: (HDF5File) throws -> Void) throws {
    try lock.requireHeld()
    try NetworkFile.writeFile(of: agent, settings: settings, facts: facts, step: progress.step, to: path, attributes: attributes)
  }

  func reportingDivergence<Result>(at step: Int, _ simulate: () throws -> Result) throws -> Result {
    do {
      return try simulate()
    } catch let error as EnvironmentError {
      guard case .diverged = error else { throw error }
      throw RunError.simulationDiverged(reason: "\(error)", step: step, path: directory.path)
    }
  }
}
