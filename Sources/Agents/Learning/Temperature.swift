import LinearAlgebra
import RealModule

/// The entropy temperature α: fixed, or learned by Adam on log α so that the entropy approaches −d nats.
public final class Temperature {
  /// How α comes about.
  public enum Rule: String, Sendable, CaseIterable { case fixed, auto }

  public let rule: Rule
  /// α, in units of return per nat.
  public var alpha: Double { logAlpha == initialLogAlpha ? initialAlpha : Double.exp(logAlpha) }
  package private(set) var logAlpha: Double
  private var firstMoment = 0.0
  private var secondMoment = 0.0
  private var steps = 0
  private let initialAlpha: Double
  private let initialLogAlpha: Double
  private let targetEntropy: Double
  private let learningRate: Double

  public init(rule: Rule, initial alpha: Double, actionSize: Int, learningRate: Double) {
    self.rule = rule
    initialAlpha = alpha
    initialLogAlpha = Double.log(alpha)
    logAlpha = initialLogAlpha
    targetEntropy = -Double(actionSize)
    self.learningRate = learningRate
  }

  // L(log α) = −α·mean(log π + H̄), H̄ = −d      ∂L/∂log α = L
  public func update(meanLogProbability: Double) {
    guard rule == .auto else { return }
    let gradient = -alpha * (meanLogProbability + targetEntropy)
    steps += 1
    firstMoment = 0.9 * firstMoment + 0.1 * gradient
    secondMoment = 0.999 * secondMoment + 0.001 * gradient * gradient
    let t = Double(steps)
    let first = firstMoment / (1 - Double.pow(0.9, t))
    let second = secondMoment / (1 - Double.pow(0.999, t))
    logAlpha -= learningRate * first / (second.squareRoot() + 1e-8)
  }

  /// log α, Adam's moments and its step count.
  public func state<S: Scalar>() -> [AgentState<S>] {
    [
      AgentState("optimizers/temperature/log_alpha", .number(get: { self.logAlpha }, set: { self.logAlpha = $0 })),
      AgentState("optimizers/temperature/first_moment", .number(get: { self.firstMoment }, set: { self.firstMoment = $0 })),
      AgentState("optimizers/temperature/second_moment", .number(get: { self.secondMoment }, set: { self.secondMoment = $0 })),
      AgentState("optimizers/temperature/steps", .count(get: { self.steps }, set: { self.steps = $0 })),
    ]
  }
}
