import Experience
import LinearAlgebra
import NeuralNetworks
import Random

/// Iterative amortised policy optimisation: the policy is an optimiser that improves a Gaussian at each state by the gradients of its own
/// value, T times, whenever it is asked for an action.
///
/// An update costs about 30 of SAC's: T + 1 evaluations of M samples each, on s and on s′.
/// - Source: Marino et al. 2020, arXiv:2010.10670.
public final class IterativePolicyOptimization<S: Scalar>: Agent {
  private let initialSettings: AgentSettings
  public let minibatch: Minibatch<S>
  public let report: UpdateReport
  private let now: IterationNoise<S>
  private let next: IterationNoise<S>
  package let parts: IterativeNetworks<S>
  package let temperature: Temperature
  package let lanes: Lanes<IterativeLane<S>>
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
    let networks = IterativeNetworks<S>(settings, seed: seed)
    let temperature = Temperature(
      rule: settings.temperature, initial: settings.alpha, actionSize: settings.actionSize, learningRate: settings.learningRate)
    let minibatch = Minibatch<S>(
      size: settings.batchSize, observationSize: settings.observationSize, actionSize: settings.actionSize)
    func noise() -> IterationNoise<S> {
      IterationNoise(
        evaluations: settings.iterations + 1, samples: settings.actionSamples, rows: settings.batchSize,
        actionSize: settings.actionSize)
    }
    let (now, next) = (noise(), noise())
    let lanes = Lanes(settings.lanes, rows: settings.batchSize, pool: pool) { index, rows in
      IterativeLane(
        networks, settings: settings, temperature: temperature, batch: minibatch.rows(rows), noise: now.rows(rows),
        nextNoise: next.rows(rows), batchSize: settings.batchSize,
        noiseGenerator: SeededGenerator(seed: seed, stream: RandomStream.update.rawValue + UInt64(index)))
    }
    let adam = AdamSettings(learningRate: settings.learningRate)
    criticTraining = TrainedNetwork.networks(lanes.all.map { $0.critics.trained }, settings: adam)
    policyTraining = TrainedNetwork.networks(lanes.all.map { [$0.policies.trained] }, settings: adam)
    drawNoise = lanes.phase("noise") { $0.drawNoise() }
    setCriticGradients = lanes.phase("critic gradients") { $0.setCriticGradients() }
    stepCritics = lanes.step("critic steps", criticTraining)
    setPolicyGradients = lanes.phase("policy gradients") { $0.setPolicyGradients() }
    stepPolicy = lanes.step("policy steps", policyTraining)
    averageTargets = lanes.average("target averages", networks.critics.following, rate: settings.tau)
    report = UpdateReport([
      UpdateReport.Scalar("critic_loss", mustBeFinite: "critic loss") {
        lanes.mean { $0.critics.first.squaredError } + lanes.mean { $0.critics.second.squaredError }
      },
      UpdateReport.Scalar("policy_loss", mustBeFinite: "policy loss") { lanes.mean { -$0.meanValueSum() } },
      UpdateReport.Scalar("alpha", mustBeFinite: "temperature") { temperature.alpha },
      // Mean over the samples of the last iteration, nats.
      UpdateReport.Scalar("log_prob") { lanes.mean { $0.objective.logProbability.sum() } },
      // (Q₁ + Q₂)/2 at the batch's actions.
      UpdateReport.Scalar("q_mean") { lanes.mean { $0.critics.sumOfMeans() } },
      // What the iterations after the first add to V̂.
      UpdateReport.Scalar("improvement") { lanes.mean { $0.improvementSum() } },
    ])
    initialSettings = settings
    self.minibatch = minibatch
    self.now = now
    self.next = next
    self.temperature = temperature
    self.lanes = lanes
    parts = networks
  }

  public var settings: AgentSettings {
    var settings = initialSettings
    settings.alpha = temperature.alpha
    return settings
  }

  public func update() throws(AgentError) {
    drawNoise()
    setCriticGradients()
    stepCritics()
    setPolicyGradients()
    stepPolicy()
    report.take()
    temperature.update(meanLogProbability: lanes.mean { $0.objective.logProbability.sum() })
    averageTargets()
    try report.checkFinite()
  }

  public var observer: (any UpdateObserver)? {
    get { lanes.observer }
    set { lanes.observer = newValue }
  }

  public func makeActor() -> ActingPolicy<S> {
    func rule(draws: Bool) -> IterativeActing<S> {
      IterativeActing(parts, settings: initialSettings, temperature: temperature, draws: draws)
    }
    var (exploration, evaluation): (any ActingRule<S>, any ActingRule<S>) = (rule(draws: true), rule(draws: false))
    if initialSettings.candidates > 1 {
      let d = initialSettings.actionSize
      func candidates(_ first: any ActingRule<S>, _ choice: CandidateActing<S>.Choice) -> CandidateActing<S> {
        CandidateActing(
          initialSettings.candidates, first: first, others: rule(draws: true), choice: choice,
          value: TwinMinimum(parts.critics.first.target, parts.critics.second.target, actionSize: d, rows: 1), actionSize: d)
      }
      (exploration, evaluation) = (candidates(exploration, .inProportion(temperature)), candidates(evaluation, .best))
    }
    return ActingPolicy(
      exploration: exploration, evaluation: evaluation, observationSize: initialSettings.observationSize,
      actionSize: initialSettings.actionSize)
  }

  // MARK: What files keep

  public var networks: [NamedParameters<S>] { parts.all }

  public var state: [AgentState<S>] {
    trainedNetworks.flatMap(\.state) + temperature.state()
      + lanes.all.enumerated().map { index, lane in
        AgentState(
          "random/update_\(index)", .generator(get: { lane.noiseGenerator }, set: { lane.noiseGenerator = $0 }))
      }
  }

  /// The networks that gradients reach, with their optimisers.
  package var trainedNetworks: [TrainedNetwork<S>] { criticTraining + policyTraining }

  public static func contradiction(in settings: AgentSettings) -> String? { settings.contradictionToOwnPolicy }

  public static func layerShapes(_ settings: AgentSettings) -> [(layer: String, shape: [Int?])] {
    let hidden = settings.hiddenSize
    return TargetedCritic<S>.layerShapes("critic1", settings)
      + [
        ("iterative/0/weight", [hidden, settings.observationSize + 4 * settings.actionSize]),
        ("iterative/1/weight", [hidden, hidden]),
      ]
  }

  public static func operationsPerUpdate(_ settings: AgentSettings) -> Double {
    let n = Double(settings.observationSize), d = Double(settings.actionSize), h = Double(settings.hiddenSize)
    let (t, m) = (Double(settings.iterations), Double(settings.actionSamples))
    let critic = TwinCritics<S>.products(settings)
    // The state's share of a first layer once; then M samples of T + 1 evaluations, both critics, forward and back to the action.
    let evaluations = 2 * (n * h + (t + 1) * m * (critic.forward - n * h + critic.actionGradient))
    let network = (n + 4 * d) * h + h * h + 4 * d * h
    let perRow = 2 * (evaluations + t * network) + t * (network + h * h + 4 * d * h) + 2 * (critic.forward + critic.backward)
    return 2 * Double(settings.batchSize) * perRow
  }

  // MARK: Probes

  public var noise: [(name: String, values: Matrix<S>)] {
    [("iteration_noise", now.values), ("next_iteration_noise", next.values)]
  }

  public static func noiseShapes(_ settings: AgentSettings, rows: Int) -> [NoiseShape] {
    let shape = [settings.iterations + 1, settings.actionSamples, rows, settings.actionSize]
    return [NoiseShape("iteration_noise", shape), NoiseShape("next_iteration_noise", shape)]
  }

  public func probe(given: Set<String>) -> ProbeReport<S> {
    demand(lanes.all.count == 1, "a probe needs an agent of one lane, not \(lanes.all.count)")
    let lane = lanes.all[0]
    var report = ProbeReport<S>()
    setCriticGradients()
    report.add("next_action", lane.objective.firstAction)
    report.add("next_log_prob", lane.objective.firstLogProbability)
    report.add("target_value", lane.targets)
    setPolicyGradients()
    report.add("mean_t", lane.policies.means)
    report.add("log_std_t", lane.policies.logStds)
    report.tensors.append(
      ("objective_t", [lane.policies.iterations, lanes.rows], lane.policies.values.flatMap(\.array)))
    report.scalars = [
      ("critic1_loss", lanes.mean { $0.critics.first.squaredError }),
      ("critic2_loss", lanes.mean { $0.critics.second.squaredError }),
      ("policy_loss", lanes.mean { -$0.meanValueSum() }),
    ]
    report.gradients = trainedNetworks.map { ($0.name, $0.gradient()) }
    return report
  }
}
