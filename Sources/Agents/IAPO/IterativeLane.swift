import Experience
import LinearAlgebra
import NeuralNetworks
import Random

/// One share of an update's rows with all its working memory.
package final class IterativeLane<S: Scalar> {
  private let settings: AgentSettings
  private let temperature: Temperature
  private let batch: Minibatch<S>
  /// Rows of the whole batch: losses are its means.
  private let batchSize: Int
  private let noise: IterationNoise<S>
  private let nextNoise: IterationNoise<S>
  var noiseGenerator: SeededGenerator

  /// Q_β of the target critics.
  private let value: TwinBound<S>
  let objective: SampledObjective<S>
  /// On s′ for the targets and on s for the objective.
  let policies: PolicyIterations<S>
  let critics: TwinRegression<S>
  /// y, [rows].
  let targets: Vector<S>
  private let softValues: Vector<S>

  init(
    _ networks: IterativeNetworks<S>, settings: AgentSettings, temperature: Temperature, batch: Minibatch<S>,
    noise: IterationNoise<S>, nextNoise: IterationNoise<S>, batchSize: Int, noiseGenerator: SeededGenerator
  ) {
    self.settings = settings
    self.temperature = temperature
    self.batch = batch
    self.batchSize = batchSize
    self.noise = noise
    self.nextNoise = nextNoise
    self.noiseGenerator = noiseGenerator
    let (rows, d) = (batch.size, settings.actionSize)
    value = TwinBound(
      networks.critics.first.target, networks.critics.second.target, pessimism: settings.pessimism, actionSize: d, rows: rows)
    objective = SampledObjective(value, actionSize: d, rows: rows)
    policies = PolicyIterations(
      networks.iterative, objective: objective, iterations: settings.iterations, observationSize: settings.observationSize, rows: rows)
    critics = TwinRegression(networks.critics, rows: rows)
    targets = Vector(count: rows)
    softValues = Vector(count: rows)
  }

  var trainedPolicy: ParameterGradient<S> { policies.trained }

  /// Draws this lane's rows of the update's noise.
  func drawNoise() {
    noise.draw(using: &noiseGenerator)
    nextNoise.draw(using: &noiseGenerator)
  }

  // y = r + γ(1 − done)·[Q_β(s′, a′) − α(log π(a′|s′) + d log 2)]      a′ the first sample of λ_T's evaluation

  /// ∂/∂critics of the critics' losses, on this lane's rows.
  func setCriticGradients() {
    value.begin(at: batch.nextObservations)
    policies.run(at: batch.nextObservations, noise: nextNoise.evaluations, alpha: temperature.alpha)
    softValues.setSoftValues(
      objective.firstValue, objective.firstLogProbability, prior: S(settings.actionSize) * S(0.693_147_180_559_945_3),
      alpha: S(temperature.alpha))
    targets.setTargets(rewards: batch.rewards, terminals: batch.terminals, futures: softValues, gamma: S(settings.gamma))
    critics.setGradients(stateActions: batch.stateActions, targets: targets, batchSize: batchSize)
  }

  /// ∂(−mean V̂)/∂network, on this lane's rows.
  func setPolicyGradients() {
    value.begin(at: batch.observations)
    policies.run(
      at: batch.observations, noise: noise.evaluations, alpha: temperature.alpha,
      share: 1 / Double(batchSize * settings.iterations))
  }

  /// Σ over the rows of the mean V̂ of t = 1…T, of the last ``setPolicyGradients()``.
  func meanValueSum() -> Double {
    var sum = 0.0
    for t in 0..<policies.iterations { sum += policies.values[t].sum() }
    return sum / Double(policies.iterations)
  }

  /// Σ over the rows of V̂(λ_T) − V̂(λ_1).
  func improvementSum() -> Double { policies.values[policies.iterations - 1].sum() - policies.values[0].sum() }
}

extension Vector {
  /// self ← Q − α(log π + prior).
  @specialized(where S == Float)
  @specialized(where S == Double)
  fileprivate func setSoftValues(_ values: Vector, _ logProbabilities: Vector, prior: S, alpha: S) {
    for row in 0..<count { pointer[row] = values.pointer[row] - alpha * (logProbabilities.pointer[row] + prior) }
  }
}
