import Experience
import LinearAlgebra
import NeuralNetworks
import Random

/// Soft actor-critic over a base policy and whatever evolves its actions: SAC, SAC-HPO and the paper's other agents are settings
/// of it (paper Algorithm 1; Haarnoja et al. 2018).
public final class SoftActorCritic<S: Scalar> {
  public let settings: AgentSettings
  public let networks: ActorCriticNetworks<S>
  public let temperature: Temperature
  /// λ of a safe agent.
  public let multiplier: Multiplier?
  /// What ``update()`` learns from; fill it first.
  public let minibatch: Minibatch<S>
  /// What the last ``update()`` drew: each update draws it anew.
  public let noise: UpdateNoise<S>
  package let lanes: [UpdateLane<S>]
  private let pool: WorkerPool
  private let criticTraining: [TrainedNetwork<S>]
  private let policyTraining: [TrainedNetwork<S>]
  private let targets: [(target: ParameterSet<S>, online: ParameterSet<S>)]
  // Closures that live as long as the agent: handing them to the pool allocates nothing.
  private var work = UpdateWork()

  /// Lanes of an update unless a caller says otherwise, and so the threads that can work on it.
  public static var standardLanes: Int { 2 }

  /// - Parameter lanes: shares that an update's rows are cut into. Fixed, whatever the number of threads, because the order in
  ///   which gradients are added up is part of the result: the same seed gives the same curve on any number of threads.
  public init(_ settings: AgentSettings, seed: UInt64, pool: WorkerPool, lanes requestedLanes: Int = standardLanes) {
    BLAS.useCallingThreadOnly()
    self.settings = settings
    self.pool = pool
    let networks = ActorCriticNetworks<S>(settings, seed: seed)
    let temperature = Temperature(
      rule: settings.temperature, initial: settings.alpha, actionSize: settings.actionSize,
      learningRate: settings.learningRate)
    let multiplier = settings.safety.map { Multiplier(limit: $0.costLimit, rate: $0.multiplierRate) }
    let minibatch = Minibatch<S>(
      size: settings.batchSize, observationSize: settings.observationSize, actionSize: settings.actionSize)
    let noise = UpdateNoise<S>(rows: settings.batchSize, actionSize: settings.actionSize)
    let laneCount = min(requestedLanes, settings.batchSize)
    let ranges = (0..<laneCount).map { lane in
      settings.batchSize * lane / laneCount..<settings.batchSize * (lane + 1) / laneCount
    }
    let lanes = ranges.enumerated().map { index, rows in
      UpdateLane(
        rows: rows, of: minibatch, noise: noise, networks: networks, settings: settings, temperature: temperature,
        multiplier: multiplier,
        noiseGenerator: SeededGenerator(seed: seed, stream: RandomStream.update.rawValue + UInt64(index)))
    }
    self.networks = networks
    self.temperature = temperature
    self.multiplier = multiplier
    self.minibatch = minibatch
    self.noise = noise
    self.lanes = lanes
    let adam = AdamSettings(learningRate: settings.learningRate)
    func trained(
      _ name: String, _ network: MultilayerPerceptron<S>, _ gradient: (UpdateLane<S>) -> MultilayerPerceptron<S>
    ) -> TrainedNetwork<S> {
      TrainedNetwork(
        name: name, optimizer: Adam(network.parameters, settings: adam), gradientShares: lanes.map { gradient($0).parameters.values })
    }
    var criticTraining = [
      trained("critic1", networks.critic1) { $0.critic1.gradient },
      trained("critic2", networks.critic2) { $0.critic2.gradient },
    ]
    var targets = [
      (networks.targetCritic1.parameters, networks.critic1.parameters),
      (networks.targetCritic2.parameters, networks.critic2.parameters),
    ]
    if let cost = networks.cost {
      criticTraining.append(
        TrainedNetwork(
          name: "cost_critic", optimizer: Adam(cost.critic.parameters, settings: adam),
          gradientShares: lanes.compactMap { $0.costCritic?.gradient.parameters.values }))
      targets.append((cost.target.parameters, cost.critic.parameters))
    }
    var policyTraining = [trained("policy", networks.policy) { $0.policyGradient }]
    if let policyStd = networks.policyStd {
      policyTraining.append(
        TrainedNetwork(
          name: "policy_std", optimizer: Adam(policyStd, settings: adam),
          gradientShares: lanes.map { $0.policy.sharedLogStdGradient }))
    }
    if let flows = networks.flows, settings.trainingPolicy == .flow {
      policyTraining.append(
        TrainedNetwork(
          name: "flow", optimizer: Adam(flows.parameters, settings: adam),
          gradientShares: lanes.compactMap { $0.policy.flowGradients?.parameters.values }))
    }
    if settings.trainingPolicy == .proposed {
      let gradients = lanes.compactMap { $0.policy.leapfrogGradients }
      policyTraining += [
        TrainedNetwork(
          name: "leapfrog_transform", optimizer: Adam(networks.proposed.transform.parameters, settings: adam),
          gradientShares: gradients.map { $0.transform.parameters.values }),
        TrainedNetwork(
          name: "leapfrog_gate", optimizer: Adam(networks.proposed.gate.parameters, settings: adam),
          gradientShares: gradients.map { $0.gate.parameters.values }),
      ]
    }
    self.criticTraining = criticTraining
    self.policyTraining = policyTraining
    self.targets = targets
    prepareWork()
  }

  /// Where the lanes' noise comes from; part of what a checkpoint keeps.
  public var noiseGenerators: [SeededGenerator] {
    get { lanes.map(\.noiseGenerator) }
    set {
      demand(newValue.count == lanes.count, "\(newValue.count) generators for \(lanes.count) lanes")
      for (lane, generator) in zip(lanes, newValue) { lane.noiseGenerator = generator }
    }
  }

  /// The networks that gradients reach, with their optimisers.
  public var trainedNetworks: [TrainedNetwork<S>] { criticTraining + policyTraining }

  /// One gradient update on ``minibatch``: critics, policy, temperature, targets.
  /// - Parameter timing: runs each part it is given, once, by name; to measure them.
  /// - Throws: ``AgentError/diverged(quantity:value:)`` when a loss is not finite. The step that made it so has been taken.
  public func update(timing: (_ part: String, _ run: () -> Void) -> Void = { $1() }) throws(AgentError) -> UpdateMetrics {
    timing("noise") { pool.run(lanes: lanes.count, work.noise) }
    timing("critic gradients") { setCriticGradients() }
    timing("critic steps") { stepCritics() }
    timing("policy gradients") { setPolicyGradients() }
    timing("policy steps") { stepPolicy() }
    let metrics = metrics()
    temperature.update(meanLogProbability: metrics.logProbability)
    timing("target averages") { pool.run(lanes: lanes.count, work.averages) }
    try metrics.checkFinite()
    return metrics
  }

  /// ∂(critic losses)/∂critics at the present parameters; nothing is stepped.
  package func setCriticGradients() { pool.run(lanes: lanes.count, work.criticGradients) }

  /// ∂(−J)/∂(θ, h) at the present parameters; nothing is stepped.
  package func setPolicyGradients() { pool.run(lanes: lanes.count, work.policyGradients) }

  private func stepCritics() {
    for trained in criticTraining { trained.optimizer.beginStep() }
    pool.run(lanes: lanes.count, work.criticSteps)
  }

  private func stepPolicy() {
    for trained in policyTraining { trained.optimizer.beginStep() }
    pool.run(lanes: lanes.count, work.policySteps)
  }

  private func prepareWork() {
    work = UpdateWork(
      noise: { [unowned self] lane in lanes[lane].drawNoise() },
      criticGradients: { [unowned self] lane in lanes[lane].setCriticGradients() },
      criticSteps: { [unowned self] lane in
        for trained in criticTraining { trained.step(share: lane, of: lanes.count) }
      },
      policyGradients: { [unowned self] lane in lanes[lane].setPolicyGradients() },
      policySteps: { [unowned self] lane in
        for trained in policyTraining { trained.step(share: lane, of: lanes.count) }
      },
      averages: { [unowned self] lane in
        for (target, online) in targets {
          let range = target.count.share(lane, of: lanes.count)
          target.values[range].interpolate(towards: online.values[range], rate: S(settings.tau))
        }
      }
    )
  }

  /// Batch means of the last update, lanes added up in their order.
  package func metrics() -> UpdateMetrics {
    var metrics = UpdateMetrics()
    for lane in lanes {
      metrics.critic1Loss += lane.sums.critic1Loss
      metrics.critic2Loss += lane.sums.critic2Loss
      metrics.costCriticLoss += lane.sums.costCriticLoss
      metrics.qMean += lane.sums.q
      metrics.policyLoss -= lane.sums.objective
      metrics.logProbability += lane.sums.logProbability
      metrics.momentumNorm += lane.sums.momentumNorm
      metrics.gateMean += lane.sums.gate / Double(settings.actionSize)
    }
    metrics.divide(by: Double(settings.batchSize))
    metrics.alpha = temperature.alpha
    metrics.multiplier = multiplier?.value ?? 0
    return metrics
  }
}

/// The parallel phases of an update, each a function of the lane.
private struct UpdateWork {
  var noise: (Int) -> Void = { _ in }
  var criticGradients: (Int) -> Void = { _ in }
  var criticSteps: (Int) -> Void = { _ in }
  var policyGradients: (Int) -> Void = { _ in }
  var policySteps: (Int) -> Void = { _ in }
  var averages: (Int) -> Void = { _ in }
}

/// A network in training: its optimiser, and where each lane leaves its share of the gradient.
public struct TrainedNetwork<S: Scalar> {
  public let name: String
  public let optimizer: Adam<S>
  let gradientShares: [Vector<S>]

  /// Steps part `index` of `count` of the parameters.
  func step(share index: Int, of count: Int) {
    optimizer.update(optimizer.parameters.count.share(index, of: count), gradientShares: gradientShares)
  }

  /// The whole gradient, lanes added up.
  package func gradient() -> ParameterSet<S> {
    let sum = optimizer.parameters.zeros()
    for share in gradientShares { sum.values.add(share) }
    return sum
  }
}

extension Int {
  /// Part `index` of `count` nearly equal parts of 0..<self, cut at cache lines.
  fileprivate func share(_ index: Int, of count: Int) -> Range<Int> {
    func cut(_ part: Int) -> Int { part == count ? self : self * part / count / 16 * 16 }
    return cut(index)..<cut(index + 1)
  }
}
