import LinearAlgebra
import NeuralNetworks

/// Every number of one update, by the names that `hpo probe` writes.
public struct ProbeReport<S: Scalar> {
  /// [batch, actions].
  public var matrices: [(name: String, values: Matrix<S>)] = []
  /// [batch].
  public var vectors: [(name: String, values: Vector<S>)] = []
  public var scalars: [(name: String, value: Double)] = []
  public var gradients: [(name: String, gradient: ParameterSet<S>)] = []
}

extension SoftActorCritic {
  /// Losses, intermediate numbers and gradients on ``minibatch`` with ``noise`` at the present parameters; nothing is stepped.
  ///
  /// Only for an agent of one lane, whose working memory then holds the whole batch.
  public func probe() -> ProbeReport<S> {
    demand(lanes.count == 1, "a probe needs an agent of one lane, not \(lanes.count)")
    let lane = lanes[0]
    var report = ProbeReport<S>()
    setCriticGradients()
    report.matrices.append(("next_action", copy(lane.policy.action)))
    report.vectors.append(("next_log_prob", copy(lane.policy.logProbability)))
    if lane.policy.isEvolved { report.matrices.append(("next_momentum", copy(lane.policy.momentum))) }
    report.vectors.append(("target_value", copy(lane.targets)))
    if networks.cost != nil { report.vectors.append(("cost_target_value", copy(lane.costTargets))) }

    setPolicyGradients()
    report.matrices.append(("base_action", lane.policy.baseAction))
    if lane.policy.isEvolved {
      report.matrices.append(("evolved_action", lane.policy.action))
      report.matrices.append(("momentum", lane.policy.momentum))
    }
    report.vectors.append(("log_prob", lane.policy.logProbability))
    let metrics = metrics()
    report.scalars = [
      ("critic1_loss", metrics.critic1Loss), ("critic2_loss", metrics.critic2Loss), ("policy_loss", metrics.policyLoss),
    ]
    if networks.cost != nil { report.scalars.append(("cost_critic_loss", metrics.costCriticLoss)) }
    report.gradients = trainedNetworks.map { ($0.name, $0.gradient()) }
    return report
  }

  private func copy(_ matrix: Matrix<S>) -> Matrix<S> {
    let copy = Matrix<S>(rows: matrix.rows, columns: matrix.columns)
    copy.copy(from: matrix)
    return copy
  }

  private func copy(_ vector: Vector<S>) -> Vector<S> { Vector(vector.array) }
}
