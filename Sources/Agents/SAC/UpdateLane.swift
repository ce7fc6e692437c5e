import Experience
import LinearAlgebra
import NeuralNetworks
import Random

/// One share of an update's rows with all its working memory: lanes run side by side and meet only when gradients are added up.
package final class UpdateLane<S: Scalar> {
  let settings: AgentSettings
  let temperature: Temperature
  /// Rows of the whole batch: losses are its means.
  let batchSize: Int

  // Views of the minibatch and its noise.
  let stateActions: Matrix<S>
  let observations: Matrix<S>
  let nextObservations: Matrix<S>
  let rewards: Vector<S>
  let costs: Vector<S>
  let terminals: Vector<S>
  let policyNoise: Matrix<S>
  let momentumNoise: Matrix<S>
  let nextPolicyNoise: Matrix<S>
  let nextMomentumNoise: Matrix<S>

  /// The training policy, on s′ for the targets and on s for the objective.
  package let policy: HamiltonianPolicy<S>
  /// min(Q̄₁, Q̄₂), the value in y.
  let targetValue: TwinMinimum<S>
  /// Q̄_C, the value in y_C.
  let targetCost: SingleCritic<S>?
  /// Whether evolving an action leaves `targetValue` (and `targetCost`) evaluated at it.
  let evolvesOnTargets: Bool

  let critic1: CriticRegression<S>
  let critic2: CriticRegression<S>
  let costCritic: CriticRegression<S>?
  /// y and y_C, [rows].
  package let targets: Vector<S>
  package let costTargets: Vector<S>
  let softValues: Vector<S>
  package let squaredMomentum: Vector<S>
  package let squaredInitialMomentum: Vector<S>
  let policyGradient: MultilayerPerceptron<S>
  var sums = UpdateSums()
  private let noise: UpdateNoise<S>
  private let range: Range<Int>
  var noiseGenerator: SeededGenerator

  init(
    rows range: Range<Int>, of batch: Minibatch<S>, noise: UpdateNoise<S>, networks: ActorCriticNetworks<S>,
    settings: AgentSettings, temperature: Temperature, multiplier: Multiplier?, noiseGenerator: SeededGenerator
  ) {
    self.noise = noise
    self.range = range
    self.noiseGenerator = noiseGenerator
    let rows = range.count
    self.settings = settings
    self.temperature = temperature
    batchSize = batch.size
    stateActions = batch.stateActions.rows(range)
    observations = batch.observations.rows(range)
    nextObservations = batch.nextObservations.rows(range)
    rewards = batch.rewards[range]
    costs = batch.costs[range]
    terminals = batch.terminals[range]
    policyNoise = noise.policy.rows(range)
    momentumNoise = noise.momentum.rows(range)
    nextPolicyNoise = noise.nextPolicy.rows(range)
    nextMomentumNoise = noise.nextMomentum.rows(range)

    let surfaces = ActionValueSurfaces(networks: networks, settings: settings, multiplier: multiplier, rows: rows)
    targetValue = surfaces.target
    targetCost = surfaces.targetCost
    evolvesOnTargets = settings.trainingPolicy.isEvolved && settings.hamiltonianCritic == .target
    policy = HamiltonianPolicy(
      settings.trainingPolicy, networks: networks,
      surface: surfaces.climbed(by: settings.trainingPolicy), temperature: temperature, settings: settings, rows: rows)

    critic1 = CriticRegression(networks.critic1, rows: rows)
    critic2 = CriticRegression(networks.critic2, rows: rows)
    costCritic = networks.cost.map { CriticRegression($0.critic, rows: rows) }
    targets = Vector(count: rows)
    costTargets = Vector(count: rows)
    softValues = Vector(count: rows)
    squaredMomentum = Vector(count: rows)
    squaredInitialMomentum = Vector(count: rows)
    policyGradient = networks.policy.zeros()
  }

  /// Draws this lane's rows of the update's noise.
  func drawNoise() { noise.draw(rows: range, momentum: policy.hasMomentum, using: &noiseGenerator) }
}

/// Sums over a lane's rows, for losses and what is logged.
struct UpdateSums {
  var critic1Loss = 0.0
  var critic2Loss = 0.0
  var costCriticLoss = 0.0
  var q = 0.0
  var objective = 0.0
  var logProbability = 0.0
  var momentumNorm = 0.0
  var gate = 0.0
}
