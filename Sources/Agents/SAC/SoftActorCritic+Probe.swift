import Experience
import LinearAlgebra

extension SoftActorCritic {
  public func probe(given: Set<String>) -> ProbeReport<S> {
    demand(lanes.all.count == 1, "a probe needs an agent of one lane, not \(lanes.all.count)")
    let lane = lanes.all[0]
    let policy = lane.policy
    var report = ProbeReport<S>()
    setCriticGradients()
    report.add("next_action", policy.action)
    report.add("next_log_prob", policy.logProbability)
    if let momentum = policy.momentum { report.add("next_momentum", momentum.current) }
    report.add("target_value", lane.targets)
    if lane.costCritic != nil { report.add("cost_target_value", lane.costTargets) }

    setPolicyGradients()
    report.add("base_action", policy.baseAction)
    if let momentum = policy.momentum {
      report.add("evolved_action", policy.action)
      report.add("momentum", momentum.current)
    }
    report.add("log_prob", policy.logProbability)
    report.scalars = [
      ("critic1_loss", lanes.mean { $0.critics.first.squaredError }),
      ("critic2_loss", lanes.mean { $0.critics.second.squaredError }),
      ("policy_loss", lanes.mean { -$0.objective }),
    ]
    if let costCritic = lane.costCritic {
      report.scalars.append(("cost_critic_loss", costCritic.squaredError / Double(lanes.rows)))
    }
    report.gradients = trainedNetworks.map { ($0.name, $0.gradient()) }
    addExploration(to: &report, given)
    return report
  }

  /// What exploration makes of given noise, as it is applied; without filter and candidates, which draw as often as they must.
  private func addExploration(to report: inout ProbeReport<S>, _ given: Set<String>) {
    let isOptimistic = settings.explorationPolicy == .optimistic
    guard given.contains("exploration_noise"), isOptimistic || given.contains("exploration_momentum_noise"),
      !settings.filtersActions
    else { return }
    let surfaces = model.surfaces(rows: minibatch.size)
    let sampler = settings.explorationPolicy.rule.makeSampler(for: model, surfaces: surfaces, rows: minibatch.size)
    surfaces.begin(at: minibatch.observations)
    sampler.sample(observations: minibatch.observations, noise: explorationNoise)
    if let optimistic = sampler as? OptimisticSampler<S> { report.add("exploration_shift", optimistic.shift) }
    let action = Matrix<S>(rows: minibatch.size, columns: settings.actionSize)
    action.copy(from: sampler.action)
    action.clip()
    report.add("exploration_action", action)
  }
}
