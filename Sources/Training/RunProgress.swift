import Agents

/// Everything about a run that moves from step to step, besides networks, generators and files: what a checkpoint keeps as it is.
struct RunProgress: Equatable {
  /// Environment steps taken.
  var step = 0
  var episode = EpisodeTotals()
  var updates = UpdateAverages()
  /// Mean return of the best evaluation so far.
  var bestReturn: Double?
  /// Return of the last finished training episode.
  var lastReturn: Double?
  /// What the Lyapunov filter did since the last `/update` row.
  var filter = FilterCounts()
  /// Time spent, all of it, and in the training loop alone since the last `/update` row.
  var wallSeconds = 0.0
  var loopSeconds = 0.0
  /// Steps since the last `/update` row.
  var loopSteps = 0
}

/// What an episode adds up to.
struct EpisodeTotals: Equatable {
  var totalReward = 0.0
  var length = 0
  var cost = 0.0
  /// Σ γᵗ cₜ.
  var discountedCost = 0.0
  private var discount = 1.0

  init() {}

  init(totalReward: Double, length: Int, cost: Double, discountedCost: Double, discount: Double) {
    self.totalReward = totalReward
    self.length = length
    self.cost = cost
    self.discountedCost = discountedCost
    self.discount = discount
  }

  /// γᵗ of the next step.
  var nextDiscount: Double { discount }

  mutating func add(reward: Double, cost stepCost: Double = 0, gamma: Double) {
    totalReward += reward
    length += 1
    cost += stepCost
    discountedCost += discount * stepCost
    discount *= gamma
  }
}

/// Sums of update statistics since the last `/update` row.
struct UpdateAverages: Equatable {
  var count = 0
  private(set) var sums = [Double](repeating: 0, count: Self.names.count)

  /// The scalars of `/update`, but for `steps_per_second`.
  static let names = [
    "critic_loss", "policy_loss", "alpha", "log_prob", "q_mean", "momentum_norm", "gate_mean", "cost_critic_loss", "lambda",
  ]

  /// Those that only safe runs have.
  static let safeNames: Set = ["cost_critic_loss", "lambda"]

  init() {}

  init?(count: Int, sums: [Double]) {
    guard count >= 0, sums.count == Self.names.count else { return nil }
    self.count = count
    self.sums = sums
  }

  mutating func add(_ metrics: UpdateMetrics) {
    count += 1
    sums[0] += metrics.criticLoss
    sums[1] += metrics.policyLoss
    sums[2] += metrics.alpha
    sums[3] += metrics.logProbability
    sums[4] += metrics.qMean
    sums[5] += metrics.momentumNorm
    sums[6] += metrics.gateMean
    sums[7] += metrics.costCriticLoss
    sums[8] += metrics.multiplier
  }

  /// Means by name; NaN where there was no update.
  var means: [String: Double] {
    Dictionary(uniqueKeysWithValues: zip(Self.names, sums.map { $0 / Double(count) }))
  }
}
