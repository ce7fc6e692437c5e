import Experience
import LinearAlgebra
import NeuralNetworks

extension SoftActorCriticLane {
  /// ∂/∂critics of the critics' losses, on this lane's rows.
  func setCriticGradients() {
    setTargets()
    critics.setGradients(stateActions: batch.stateActions, targets: targets, batchSize: batchSize)
    costCritic?.setGradient(stateActions: batch.stateActions, targets: costTargets, batchSize: batchSize)
  }

  // y   = r + γ(1 − done)·[min Q̄(s′, a′_K) − α log π_θ(a′₀|s′) − (αβ/2)(‖p′_K‖² − ‖p′₀‖²)]
  // y_C = c + γ(1 − done)·Q̄_C(s′, a′_K)       of a cost that is a sum; see CostConstraint
  private func setTargets() {
    let gamma = S(settings.gamma)
    surfaces.begin(at: batch.nextObservations)
    policy.sample(observations: batch.nextObservations, noise: noise.next)
    surfaces.target.evaluate(actions: policy.action)
    softValues.setSoftValues(surfaces.target.values, policy.logProbability, alpha: S(temperature.alpha))
    if settings.momentumInValue { policy.momentum?.subtractKineticGain(from: softValues, alpha: temperature.alpha) }
    targets.setTargets(rewards: batch.rewards, terminals: batch.terminals, futures: softValues, gamma: gamma)
    if let cost = surfaces.targetCost, let constraint {
      cost.evaluate(actions: policy.action)
      costTargets.setTargets(constraint, costs: batch.costs, terminals: batch.terminals, futures: cost.values)
    }
  }
}

extension Vector {
  /// self ← V − α log π.
  @specialized(where S == Float)
  @specialized(where S == Double)
  fileprivate func setSoftValues(_ values: Vector, _ logProbabilities: Vector, alpha: S) {
    for row in 0..<count { pointer[row] = values.pointer[row] - alpha * logProbabilities.pointer[row] }
  }

  /// self ← y_C of each row.
  @specialized(where S == Float)
  @specialized(where S == Double)
  fileprivate func setTargets(_ constraint: CostConstraint, costs: Vector, terminals: Vector, futures: Vector) {
    for row in 0..<count {
      pointer[row] = constraint.target(
        cost: costs.pointer[row], isTerminal: terminals.pointer[row] == 1, future: futures.pointer[row])
    }
  }
}
