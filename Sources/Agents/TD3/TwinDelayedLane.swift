import Experience
import LinearAlgebra
import NeuralNetworks
import Random

/// One share of an update's rows with all its working memory.
package final class TwinDelayedLane<S: Scalar> {
  private let settings: AgentSettings
  private let batch: Minibatch<S>
  /// Rows of the whole batch: losses are its means.
  private let batchSize: Int
  /// ξ of the target policy's smoothing, [rows, actions].
  private let nextNoise: Matrix<S>
  var noiseGenerator: SeededGenerator

  private let policy: DeterministicPolicy<S>
  private let targetPolicy: DeterministicPolicy<S>
  private let targetValue: TwinMinimum<S>
  /// Q₁, which the policy climbs.
  private let firstValue: SingleCritic<S>
  let critics: TwinRegression<S>
  /// a′, [rows, actions].
  let nextAction: Matrix<S>
  /// y, [rows].
  let targets: Vector<S>
  private let actionGradient: Matrix<S>
  /// Σ Q₁(s, π(s)) over the rows, of the last ``setPolicyGradients()``.
  var objective = 0.0

  init(
    _ networks: TwinDelayedNetworks<S>, settings: AgentSettings, batch: Minibatch<S>, nextNoise: Matrix<S>, batchSize: Int,
    noiseGenerator: SeededGenerator
  ) {
    self.settings = settings
    self.batch = batch
    self.batchSize = batchSize
    self.nextNoise = nextNoise
    self.noiseGenerator = noiseGenerator
    let (rows, d) = (batch.size, settings.actionSize)
    policy = DeterministicPolicy(networks.policy, rows: rows)
    targetPolicy = DeterministicPolicy(networks.targetPolicy, rows: rows)
    let twins = networks.critics
    targetValue = TwinMinimum(twins.first.target, twins.second.target, actionSize: d, rows: rows)
    firstValue = SingleCritic(twins.first.online, actionSize: d, rows: rows)
    critics = TwinRegression(twins, rows: rows)
    nextAction = Matrix(rows: rows, columns: d)
    targets = Vector(count: rows)
    actionGradient = Matrix(rows: rows, columns: d)
  }

  var trainedPolicy: ParameterGradient<S> { policy.trained }

  /// Draws this lane's rows of the update's noise.
  func drawNoise() { nextNoise.fillStandardNormal(using: &noiseGenerator) }

  // a′ = clip(tanh π̄(s′) + clip(σξ, ±c), ±1)      y = r + γ(1 − done)·min Q̄(s′, a′)

  /// ∂/∂critics of the critics' losses, on this lane's rows.
  func setCriticGradients() {
    targetPolicy.act(at: batch.nextObservations)
    nextAction.copy(from: targetPolicy.action)
    nextAction.addNoise(nextNoise, deviation: S(settings.targetNoise), limit: S(settings.targetNoiseClip))
    targetValue.begin(at: batch.nextObservations)
    targetValue.evaluate(actions: nextAction)
    targets.setTargets(
      rewards: batch.rewards, terminals: batch.terminals, futures: targetValue.values, gamma: S(settings.gamma))
    critics.setGradients(stateActions: batch.stateActions, targets: targets, batchSize: batchSize)
  }

  /// ∂(−mean Q₁(s, tanh π(s)))/∂π, on this lane's rows.
  func setPolicyGradients() {
    policy.act(at: batch.observations)
    firstValue.begin(at: batch.observations)
    firstValue.evaluate(actions: policy.action)
    firstValue.actionGradient(into: actionGradient)
    actionGradient.set(actionGradient, scaledBy: S(-1 / Double(batchSize)))
    policy.backward(actionGradient: actionGradient)
    objective = firstValue.values.sum()
  }
}
