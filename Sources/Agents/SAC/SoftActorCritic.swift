import Experience
import LinearAlgebra
import NeuralNetworks
import Random

/// Soft actor-critic over a base policy and whatever evolves its actions: SAC, SAC-HPO and the paper's other agents are settings
/// of it (paper Algorithm 1; Haarnoja et al. 2018).
public final class SoftActorCritic<S: Scalar>: Agent {
  public let minibatch: Minibatch<S>
  /// What the last ``update()`` drew: each update draws it anew.
  public let updateNoise: UpdateNoise<S>
  /// Of exploration, for probes alone.
  private(set) lazy var explorationNoise = PolicyNoise<S>(rows: minibatch.size, actionSize: settings.actionSize)
  public let report: UpdateReport
  package let lanes: Lanes<SoftActorCriticLane<S>>
  let model: SoftActorCriticModel<S>
  private let criticTraining: [TrainedNetwork<S>]
  private let policyTraining: [TrainedNetwork<S>]

  // The phases of an update.
  private let drawNoise: UpdatePhase
  package let setCriticGradients: UpdatePhase
  private let stepCritics: UpdatePhase
  package let setPolicyGradients: UpdatePhase
  private let stepPolicy: UpdatePhase
  private let averageTargets: UpdatePhase

  public init(_ settings: AgentSettings, seed: UInt64, pool: WorkerPool) {
    BLAS.useCallingThreadOnly()
    let model = SoftActorCriticModel(
      settings: settings, networks: ActorCriticNetworks<S>(settings, seed: seed),
      temperature: Temperature(
        rule: settings.temperature, initial: settings.alpha, actionSize: settings.actionSize,
        learningRate: settings.learningRate),
      multiplier: settings.costConstraint.map { Multiplier($0, rule: settings.multiplierRule) })
    let minibatch = Minibatch<S>(
      size: settings.batchSize, observationSize: settings.observationSize, actionSize: settings.actionSize)
    let noise = UpdateNoise<S>(rows: settings.batchSize, actionSize: settings.actionSize)
    let lanes = Lanes(settings.lanes, rows: settings.batchSize, pool: pool) { index, rows in
      SoftActorCriticLane(
        model, batch: minibatch.rows(rows), noise: noise.rows(rows), batchSize: settings.batchSize,
        noiseGenerator: SeededGenerator(seed: seed, stream: RandomStream.update.rawValue + UInt64(index)))
    }
    let adam = AdamSettings(learningRate: settings.learningRate)
    criticTraining = TrainedNetwork.networks(lanes.all.map { $0.trainedCritics }, settings: adam)
    policyTraining = TrainedNetwork.networks(lanes.all.map { $0.policy.trained }, settings: adam)
    drawNoise = lanes.phase("noise") { $0.drawNoise() }
    setCriticGradients = lanes.phase("critic gradients") { $0.setCriticGradients() }
    stepCritics = lanes.step("critic steps", criticTraining)
    setPolicyGradients = lanes.phase("policy gradients") { $0.setPolicyGradients() }
    stepPolicy = lanes.step("policy steps", policyTraining)
    averageTargets = lanes.average("target averages", model.networks.following, rate: settings.tau)
    report = UpdateReport(Self.scalars(model, lanes))
    self.model = model
    self.minibatch = minibatch
    self.updateNoise = noise
    self.lanes = lanes
  }

  /// One gradient update on ``minibatch`` (Algorithm 1, lines 8 to 10).
  public func update() throws(AgentError) {
    drawNoise()
    setCriticGradients()
    stepCritics()
    setPolicyGradients()
    stepPolicy()
    report.take()
    model.temperature.update(meanLogProbability: meanLogProbability)
    averageTargets()
    try report.checkFinite()
  }

  /// Every number that is logged of an update.
  private static func scalars(_ model: SoftActorCriticModel<S>, _ lanes: Lanes<SoftActorCriticLane<S>>) -> [UpdateReport.Scalar] {
    let actions = Double(model.settings.actionSize)
    var scalars = [
      UpdateReport.Scalar("critic_loss", mustBeFinite: "critic loss") {
        lanes.mean { $0.critics.first.squaredError } + lanes.mean { $0.critics.second.squaredError }
      },
      UpdateReport.Scalar("policy_loss", mustBeFinite: "policy loss") { lanes.mean { -$0.objective } },
      UpdateReport.Scalar("alpha", mustBeFinite: "temperature") { model.temperature.alpha },
      // As it stands in the objective, nats.
      UpdateReport.Scalar("log_prob") { lanes.mean { $0.policy.logProbability.sum() } },
      // (Q₁ + Q₂)/2 at the batch's actions.
      UpdateReport.Scalar("q_mean") { lanes.mean { $0.critics.sumOfMeans() } },
      // ‖p_K‖.
      UpdateReport.Scalar("momentum_norm") { lanes.mean { $0.policy.momentum?.sumOfNorms() ?? 0 } },
      // σ_h at a_K: how much of the gradient is taken as it is.
      UpdateReport.Scalar("gate_mean") { lanes.mean { (($0.policy as? EvolvedPolicy<S>)?.gateSum() ?? 0) / actions } },
    ]
    if model.settings.diagnostics { scalars += Self.diagnosticScalars(model, lanes) }
    if let multiplier = model.multiplier {
      scalars += [
        UpdateReport.Scalar("cost_critic_loss", mustBeFinite: "cost critic loss") {
          lanes.mean { $0.costCritic?.squaredError ?? 0 }
        },
        UpdateReport.Scalar("lambda") { multiplier.value },
        // J_C over the last episodes; 0 before there was one.
        UpdateReport.Scalar("constraint_value") { multiplier.constraintValue ?? 0 },
      ]
    }
    return scalars
  }

  private var meanLogProbability: Double { lanes.mean { $0.policy.logProbability.sum() } }

  // MARK: What others see of it

  public var settings: AgentSettings {
    var settings = model.settings
    settings.alpha = model.temperature.alpha
    return settings
  }

  /// λ of a safe agent.
  public var multiplier: Multiplier? { model.multiplier }

  /// Every network by its role.
  package var parts: ActorCriticNetworks<S> { model.networks }

  public var observer: (any UpdateObserver)? {
    get { lanes.observer }
    set { lanes.observer = newValue }
  }

  public func makeActor() -> ActingPolicy<S> {
    let (exploration, evaluation) = model.actingRules()
    return ActingPolicy(
      exploration: exploration, evaluation: evaluation, observationSize: model.settings.observationSize,
      actionSize: model.settings.actionSize)
  }

  public func episodeEnded(_ episode: EpisodeSummary) {
    multiplier?.episodeEnded(episode)
  }

  // MARK: What files keep

  public var networks: [NamedParameters<S>] { model.networks.all }

  public var networkAttributes: [AgentState<S>] { multiplier.map { [$0.attribute()] } ?? [] }

  public var state: [AgentState<S>] {
    var state = trainedNetworks.flatMap(\.state) + model.temperature.state()
    if let multiplier { state += multiplier.state() }
    return state
      + lanes.all.enumerated().map { index, lane in
        AgentState(
          "random/update_\(index)", .generator(get: { lane.noiseGenerator }, set: { lane.noiseGenerator = $0 }))
      }
  }

  public var noise: [(name: String, values: Matrix<S>)] {
    updateNoise.named
      + [("exploration_noise", explorationNoise.action), ("exploration_momentum_noise", explorationNoise.momentum)]
  }

  public static func noiseShapes(_ settings: AgentSettings, rows: Int) -> [NoiseShape] {
    let shape = [rows, settings.actionSize]
    return [
      NoiseShape("policy_noise", shape), NoiseShape("momentum_noise", shape), NoiseShape("next_policy_noise", shape),
      NoiseShape("next_momentum_noise", shape), NoiseShape("exploration_noise", shape, isNeeded: false),
      NoiseShape("exploration_momentum_noise", shape, isNeeded: false),
    ]
  }

  /// The networks that gradients reach, with their optimisers.
  package var trainedNetworks: [TrainedNetwork<S>] { criticTraining + policyTraining }
}
