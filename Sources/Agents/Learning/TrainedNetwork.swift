import LinearAlgebra
import NeuralNetworks

/// Parameters in training beside where one lane leaves its share of their gradient.
public struct ParameterGradient<S: Scalar> {
  /// The network's name in files.
  public let name: String
  public let parameters: ParameterSet<S>
  public let gradient: ParameterSet<S>

  public init(_ name: String, _ parameters: ParameterSet<S>, gradient: ParameterSet<S>) {
    self.name = name
    self.parameters = parameters
    self.gradient = gradient
  }
}

/// A network in training: its optimiser, and the shares that its gradient comes in.
public final class TrainedNetwork<S: Scalar> {
  public let name: String
  public let parameters: ParameterSet<S>
  private let optimizer: Adam<S>
  private let gradientShares: [Vector<S>]

  /// - Parameter shares: the same parameters with each lane's gradient.
  public init(_ shares: [ParameterGradient<S>], settings: AdamSettings) {
    demand(!shares.isEmpty, "a network in training needs a gradient")
    name = shares[0].name
    parameters = shares[0].parameters
    gradientShares = shares.map(\.gradient.values)
    optimizer = Adam(parameters, settings: settings, gradientShares: shares.count)
  }

  /// Networks by what each lane says of its own: `shares[lane][network]`.
  public static func networks(_ shares: [[ParameterGradient<S>]], settings: AdamSettings) -> [TrainedNetwork] {
    shares[0].indices.map { index in TrainedNetwork(shares.map { $0[index] }, settings: settings) }
  }

  /// Begins an optimiser's step; each part of the parameters is then to be stepped once.
  public func beginStep() { optimizer.beginStep() }

  /// Steps part `index` of `count` of the parameters.
  public func step(part index: Int, of count: Int) {
    optimizer.update(parameters.count.part(index, of: count), gradientShares: gradientShares)
  }

  /// The whole gradient, lanes added up.
  public func gradient() -> ParameterSet<S> {
    let sum = parameters.zeros()
    for share in gradientShares { sum.values.add(share) }
    return sum
  }

  /// What the optimiser keeps, under `optimizers/<name>`.
  public var state: [AgentState<S>] {
    let optimizer = optimizer
    return [
      AgentState("optimizers/\(name)/steps", .count(get: { optimizer.steps }, set: { optimizer.steps = $0 })),
      AgentState("optimizers/\(name)/first_moment", .tensors(optimizer.firstMoment)),
      AgentState("optimizers/\(name)/second_moment", .tensors(optimizer.secondMoment)),
    ]
  }
}

/// A network and the target that follows it by Polyak's rule.
public struct TargetNetwork<S: Scalar> {
  public let target: ParameterSet<S>
  public let online: ParameterSet<S>

  public init(_ target: ParameterSet<S>, follows online: ParameterSet<S>) {
    demand(target.count == online.count, "a target of \(target.count) parameters cannot follow \(online.count)")
    self.target = target
    self.online = online
  }

  /// target ← target + rate·(online − target) in part `index` of `count` of the parameters.
  public func follow(part index: Int, of count: Int, rate: S) {
    let range = target.count.part(index, of: count)
    target.values[range].interpolate(towards: online.values[range], rate: rate)
  }
}
