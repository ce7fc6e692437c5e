import Experience
import LinearAlgebra
import NeuralNetworks
import Random

/// One share of an update's rows with all its working memory.
package final class SoftActorCriticLane<S: Scalar> {
  let settings: AgentSettings
  let temperature: Temperature
  let batch: Minibatch<S>
  let noise: UpdateNoise<S>
  var noiseGenerator: SeededGenerator
  /// Rows of the whole batch: losses are its means.
  let batchSize: Int

  package let surfaces: ActionValueSurfaces<S>
  /// The training policy, on s′ for the targets and on s for the objective.
  package let policy: any Policy<S>
  /// What the objective takes as Q.
  let objectiveSurface: ActionValueSurface<S>
  /// J summed over the rows, of the last ``setPolicyGradients()``.
  var objective = 0.0

  package let critics: TwinRegression<S>
  let costCritic: CriticRegression<S>?
  let constraint: CostConstraint?
  private let multiplier: Multiplier?
  let diagnostics: OperatorDiagnostics<S>?
  /// Whether a safe agent's objective is divided by 1 + λ.
  private let isNormalized: Bool
  /// y and y_C, [rows].
  package let targets: Vector<S>
  package let costTargets: Vector<S>
  let softValues: Vector<S>

  init(
    _ model: SoftActorCriticModel<S>, batch: Minibatch<S>, noise: UpdateNoise<S>, batchSize: Int, noiseGenerator: SeededGenerator
  ) {
    settings = model.settings
    temperature = model.temperature
    self.batch = batch
    self.noise = noise
    self.noiseGenerator = noiseGenerator
    self.batchSize = batchSize
    let rows = batch.size
    surfaces = model.surfaces(rows: rows)
    policy = model.policy(settings.trainingPolicy, for: .training, surfaces: surfaces, rows: rows)
    objectiveSurface = surfaces.climbed(by: settings.trainingPolicy)
    critics = TwinRegression(model.networks.critics, rows: rows)
    costCritic = model.networks.cost.map { CriticRegression($0, rows: rows) }
    diagnostics = settings.diagnostics ? OperatorDiagnostics(model, rows: rows) : nil
    constraint = model.multiplier?.constraint
    multiplier = model.multiplier
    isNormalized = settings.costConstraint != nil && settings.multiplierNormalizes
    targets = Vector(count: rows)
    costTargets = Vector(count: rows)
    softValues = Vector(count: rows)
  }

  /// What J's gradient is multiplied by: 1/(1 + λ) where a multiplier normalises, so that a large λ does not mean large steps.
  var objectiveScale: Double { isNormalized ? 1 / (1 + (multiplier?.value ?? 0)) : 1 }

  /// Draws this lane's rows of the update's noise.
  func drawNoise() { noise.draw(momentum: policy.momentum?.isDrawn ?? false, using: &noiseGenerator) }

  var trainedCritics: [ParameterGradient<S>] { critics.trained + (costCritic.map { [$0.trained] } ?? []) }
}
