import Agents
import LinearAlgebra
import Support

/// Everything about a run that moves from step to step, besides networks, generators and files: what a checkpoint keeps as it is.
package struct RunProgress: Equatable {
  /// Environment steps taken.
  package var step = 0
  package var episode = EpisodeTotals()
  package var updates: UpdateAverages
  /// Mean return of the best evaluation so far.
  package var bestReturn: Double?
  /// Return of the last finished training episode.
  package var lastReturn: Double?
  /// Time spent, all of it, and in the training loop alone since the last `/update` row.
  package var wallSeconds = 0.0
  package var loopSeconds = 0.0
  /// Steps since the last `/update` row.
  package var loopSteps = 0

  package init(updateScalars: [String]) { updates = UpdateAverages(names: updateScalars) }
}

/// What an episode adds up to.
package struct EpisodeTotals: Equatable {
  package var totalReward = 0.0
  package var length = 0
  package var cost = 0.0
  /// Σ γᵗ cₜ.
  package var discountedCost = 0.0
  private var discount = 1.0

  package init() {}

  package init(totalReward: Double, length: Int, cost: Double, discountedCost: Double, discount: Double) {
    self.totalReward = totalReward
    self.length = length
    self.cost = cost
    self.discountedCost = discountedCost
    self.discount = discount
  }

  /// γᵗ of the next step.
  package var nextDiscount: Double { discount }

  package mutating func add(reward: Double, cost stepCost: Double = 0, gamma: Double) {
    totalReward += reward
    length += 1
    cost += stepCost
    discountedCost += discount * stepCost
    discount *= gamma
  }
}

/// Sums of an agent's update scalars since the last `/update` row.
package struct UpdateAverages: Equatable {
  package let names: [String]
  private(set) var count = 0
  private(set) var sums: [Double]

  package init(names: [String]) { self.init(names: names, count: 0, sums: Array(repeating: 0, count: names.count)) }

  package init(names: [String], count: Int, sums: [Double]) {
    demand(sums.count == names.count, "\(sums.count) sums for \(names.count) names")
    self.names = names
    self.count = count
    self.sums = sums
  }

  package mutating func add(_ report: UpdateReport) {
    count += 1
    for index in sums.indices { sums[index] += report.values[index] }
  }

  package mutating func reset() {
    count = 0
    for index in sums.indices { sums[index] = 0 }
  }

  /// Means by name; NaN where there was no update.
  package var means: [String: Double] {
    Dictionary(uniqueKeysWithValues: zip(names, sums.map { $0 / Double(count) }))
  }
}
