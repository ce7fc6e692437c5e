/// What one update says of itself: means over the batch.
public struct UpdateMetrics: Sendable, Equatable {
  /// Mean (Q − y)² of each critic.
  public var critic1Loss = 0.0
  public var critic2Loss = 0.0
  public var costCriticLoss = 0.0
  /// −J.
  public var policyLoss = 0.0
  /// log π as it stands in the objective, nats.
  public var logProbability = 0.0
  /// (Q₁ + Q₂)/2 at the batch's actions.
  public var qMean = 0.0
  /// ‖p_K‖.
  public var momentumNorm = 0.0
  /// σ_h at a_K: how much of the gradient is taken as it is.
  public var gateMean = 0.0
  public var alpha = 0.0
  /// λ.
  public var multiplier = 0.0

  public init() {}

  public var criticLoss: Double { critic1Loss + critic2Loss }

  mutating func divide(by count: Double) {
    critic1Loss /= count
    critic2Loss /= count
    costCriticLoss /= count
    policyLoss /= count
    logProbability /= count
    qMean /= count
    momentumNorm /= count
    gateMean /= count
  }

  func checkFinite() throws(AgentError) {
    try check(criticLoss, "critic loss")
    try check(costCriticLoss, "cost critic loss")
    try check(policyLoss, "policy loss")
    try check(alpha, "temperature")
  }

  private func check(_ value: Double, _ quantity: String) throws(AgentError) {
    if !value.isFinite { throw AgentError.diverged(quantity: quantity, value: value) }
  }
}

/// What can go wrong in learning.
public enum AgentError: Error, Equatable, CustomStringConvertible {
  /// A quantity is no longer finite.
  case diverged(quantity: String, value: Double)

  public var description: String {
    switch self {
    case .diverged(let quantity, let value):
      "the \(quantity) became \(value): learning has diverged; a smaller learning_rate or leapfrog_step_size may help"
    }
  }
}
