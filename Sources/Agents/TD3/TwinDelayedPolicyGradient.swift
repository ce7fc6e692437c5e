import Experience
import LinearAlgebra
import NeuralNetworks
import Random

/// The twin delayed deterministic policy gradient, TD3: two critics whose targets are smoothed and take the smaller value, and a
/// deterministic policy that moves, with all targets, every second update.
///
///     y = r + γ(1 − done)·min Q̄(s′, a′)      a′ = clip(tanh π̄(s′) + clip(σξ, ±c), ±1)
///     policy loss −mean Q₁(s, tanh π(s))      exploration: tanh π(s) and Gaussian noise, cut to the box
///
/// - Source: Fujimoto et al. 2018, arXiv:1802.09477, algorithm 1.
public final class TwinDelayedPolicyGradient<S: Scalar>: Agent {
  public let settings: AgentSettings
  public let minibatch: Minibatch<S>
  public let report: UpdateReport
  /// ξ of the target policy's smoothing, [batch, actions].
  private let nextNoise: Matrix<S>
  package let parts: TwinDelayedNetworks<S>
  package let lanes: Lanes<TwinDelayedLane<S>>
  private let criticTraining: [TrainedNetwork<S>]
  private let policyTraining: [TrainedNetwork<S>]
  private let policyDelay: Int
  /// Updates made, which say when the policy's turn is.
  private var updates = 0

  // The phases of an update.
  private let drawNoise: UpdatePhase
  package let setCriticGradients: UpdatePhase
  private let stepCritics: UpdatePhase
  package let setPolicyGradients: UpdatePhase
  private let stepPolicy: UpdatePhase
  private let averageTargets: UpdatePhase

  public init(_ settings: AgentSettings, seed: UInt64, pool: WorkerPool) {
    BLAS.useCallingThreadOnly()
    let networks = TwinDelayedNetworks<S>(settings, seed: seed)
    let minibatch = Minibatch<S>(
      size: settings.batchSize, observationSize: settings.observationSize, actionSize: settings.actionSize)
    let nextNoise = Matrix<S>(rows: settings.batchSize, columns: settings.actionSize)
    let lanes = Lanes(settings.lanes, rows: settings.batchSize, pool: pool) { index, rows in
      TwinDelayedLane(
        networks, settings: settings, batch: minibatch.rows(rows), nextNoise: nextNoise.rows(rows), batchSize: settings.batchSize,
        noiseGenerator: SeededGenerator(seed: seed, stream: RandomStream.update.rawValue + UInt64(index)))
    }
    let adam = AdamSettings(learningRate: settings.learningRate)
    criticTraining = TrainedNetwork.networks(lanes.all.map { $0.critics.trained }, settings: adam)
    policyTraining = TrainedNetwork.networks(lanes.all.map { [$0.trainedPolicy] }, settings: adam)
    drawNoise = lanes.phase("noise") { $0.drawNoise() }
    setCriticGradients = lanes.phase("critic gradients") { $0.setCriticGradients() }
    stepCritics = lanes.step("critic steps", criticTraining)
    setPolicyGradients = lanes.phase("policy gradients") { $0.setPolicyGradients() }
    stepPolicy = lanes.step("policy steps", policyTraining)
    averageTargets = lanes.average("target averages", networks.following, rate: settings.tau)
    policyDelay = settings.policyDelay
    report = UpdateReport([
      UpdateReport.Scalar("critic_loss", mustBeFinite: "critic loss") {
        lanes.mean { $0.critics.first.squaredError } + lanes.mean { $0.critics.second.squaredError }
      },
      // Of the policy's last turn.
      UpdateReport.Scalar("policy_loss", mustBeFinite: "policy loss") { lanes.mean { -$0.objective } },
      // (Q₁ + Q₂)/2 at the batch's actions.
      UpdateReport.Scalar("q_mean") { lanes.mean { $0.critics.sumOfMeans() } },
    ])
    self.settings = settings
    self.minibatch = minibatch
    self.nextNoise = nextNoise
    self.lanes = lanes
    parts = networks
  }

  public func update() throws(AgentError) {
    drawNoise()
    setCriticGradients()
    stepCritics()
    updates += 1
    if updates % policyDelay == 0 {
      setPolicyGradients()
      stepPolicy()
      averageTargets()
    }
    report.take()
    try report.checkFinite()
  }

  public var observer: (any UpdateObserver)? {
    get { lanes.observer }
    set { lanes.observer = newValue }
  }

  public func makeActor() -> ActingPolicy<S> {
    func rule(noise: Double?) -> DeterministicActing<S> { DeterministicActing(parts.policy, noise: noise) }
    return ActingPolicy(
      exploration: rule(noise: settings.explorationNoise), evaluation: rule(noise: nil),
      observationSize: settings.observationSize, actionSize: settings.actionSize)
  }

  // MARK: What files keep

  public var networks: [NamedParameters<S>] { parts.all }

  public var state: [AgentState<S>] {
    trainedNetworks.flatMap(\.state)
      + [
        AgentState("updates", .count(get: { [unowned self] in updates }, set: { [unowned self] in updates = $0 })),
        // The loss that is logged until the policy's next turn.
        AgentState(
          "policy_objective",
          .numbers(
            get: { [unowned self] in lanes.all.map(\.objective) },
            set: { [unowned self] in for (lane, value) in zip(lanes.all, $0) { lane.objective = value } }, limit: lanes.all.count)),
      ]
      + lanes.all.enumerated().map { index, lane in
        AgentState(
          "random/update_\(index)", .generator(get: { lane.noiseGenerator }, set: { lane.noiseGenerator = $0 }))
      }
  }

  /// The networks that gradients reach, with their optimisers.
  package var trainedNetworks: [TrainedNetwork<S>] { criticTraining + policyTraining }

  public static func contradiction(in settings: AgentSettings) -> String? {
    if let text = settings.contradictionToOwnPolicy { return text }
    if settings.candidates > 1 {
      return "agent '\(settings.kind.name)' has a deterministic policy, which draws no candidates: candidates must be 1"
    }
    return nil
  }

  public static func layerShapes(_ settings: AgentSettings) -> [(layer: String, shape: [Int?])] {
    let hidden = settings.hiddenSize
    return TargetedCritic<S>.layerShapes("critic1", settings) + [("policy/0/weight", [hidden, settings.observationSize])]
      + (1..<settings.policyHiddenLayers).map { ("policy/\($0)/weight", [hidden, hidden]) }
  }

  public static func operationsPerUpdate(_ settings: AgentSettings) -> Double {
    let n = Double(settings.observationSize), d = Double(settings.actionSize)
    let h = Double(settings.hiddenSize), deeper = Double(settings.policyHiddenLayers - 1) * h * h
    let critic = TwinCritics<S>.products(settings)
    let policyForward = n * h + deeper + h * d
    let policyTurn = policyForward + critic.forward + critic.actionGradient + policyForward + deeper + h * d
    let perRow = policyForward + 2 * critic.forward + 2 * (critic.forward + critic.backward) + policyTurn / Double(settings.policyDelay)
    return 2 * Double(settings.batchSize) * perRow
  }

  // MARK: Probes

  public var noise: [(name: String, values: Matrix<S>)] { [("next_policy_noise", nextNoise)] }

  public static func noiseShapes(_ settings: AgentSettings, rows: Int) -> [NoiseShape] {
    [NoiseShape("next_policy_noise", [rows, settings.actionSize])]
  }

  /// The policy's gradient is given whatever the delay.
  public func probe(given: Set<String>) -> ProbeReport<S> {
    demand(lanes.all.count == 1, "a probe needs an agent of one lane, not \(lanes.all.count)")
    let lane = lanes.all[0]
    var report = ProbeReport<S>()
    setCriticGradients()
    report.add("next_action", lane.nextAction)
    report.add("target_value", lane.targets)
    setPolicyGradients()
    report.scalars = [
      ("critic1_loss", lanes.mean { $0.critics.first.squaredError }),
      ("critic2_loss", lanes.mean { $0.critics.second.squaredError }),
      ("policy_loss", lanes.mean { -$0.objective }),
    ]
    report.gradients = trainedNetworks.map { ($0.name, $0.gradient()) }
    return report
  }
}

/// tanh π(s), with Gaussian noise that is cut to the box or without.
private final class DeterministicActing<S: Scalar>: ActingRule {
  private let policy: DeterministicPolicy<S>
  private let deviation: S?
  private let noise: Matrix<S>
  private let action: Matrix<S>

  init(_ network: MultilayerPerceptron<S>, noise deviation: Double?) {
    policy = DeterministicPolicy(network, rows: 1)
    self.deviation = deviation.map { S($0) }
    noise = Matrix(rows: 1, columns: network.outputs)
    action = Matrix(rows: 1, columns: network.outputs)
  }

  func action(at observation: Matrix<S>, using generator: inout SeededGenerator) -> Matrix<S> {
    policy.act(at: observation)
    action.copy(from: policy.action)
    if let deviation {
      noise.fillStandardNormal(using: &generator)
      action.addNoise(noise, deviation: deviation, limit: .infinity)
    }
    return action
  }
}
