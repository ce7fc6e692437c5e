import LinearAlgebra
import NeuralNetworks
import Random

/// A critic, [s, a] → 1, and the target that follows it.
public struct TargetedCritic<S: Scalar> {
  /// In files; the target's has `target_` before it.
  public let name: String
  public let online: MultilayerPerceptron<S>
  public let target: MultilayerPerceptron<S>

  /// A fresh critic, its target a copy.
  /// - Parameter index: which of the run's streams for initial weights it draws from.
  public init(_ name: String, _ settings: AgentSettings, seed: UInt64, index: UInt64) {
    var generator = SeededGenerator(seed: seed, stream: RandomStream.networks.rawValue + index)
    self.name = name
    online = MultilayerPerceptron(
      sizes: Self.sizes(settings), activation: .relu, normalized: settings.criticNormalization == .layer, using: &generator)
    target = online.copy()
  }

  public var parameters: NamedParameters<S> { (name, online.parameters) }
  public var targetParameters: NamedParameters<S> { ("target_\(name)", target.parameters) }
  public var following: TargetNetwork<S> { TargetNetwork(target.parameters, follows: online.parameters) }

  static func sizes(_ settings: AgentSettings) -> [Int] {
    [settings.observationSize + settings.actionSize]
      + Array(repeating: settings.hiddenSize, count: settings.criticHiddenLayers) + [1]
  }

  /// As ``Agent/layerShapes(_:)``.
  static func layerShapes(_ name: String, _ settings: AgentSettings) -> [(layer: String, shape: [Int?])] {
    let sizes = sizes(settings)
    return (0..<sizes.count - 2).map { ("\(name)/\($0)/weight", [sizes[$0 + 1], sizes[$0]]) }
  }
}

/// Q₁ and Q₂ with their targets.
public struct TwinCritics<S: Scalar> {
  public let first: TargetedCritic<S>
  public let second: TargetedCritic<S>

  /// Fresh critics: networks `critic1` and `critic2`, of the run's streams 0 and 1 for initial weights.
  public init(_ settings: AgentSettings, seed: UInt64) {
    first = TargetedCritic("critic1", settings, seed: seed, index: 0)
    second = TargetedCritic("critic2", settings, seed: seed, index: 1)
  }

  /// In the order of files.
  public var networks: [NamedParameters<S>] {
    [first.parameters, second.parameters, first.targetParameters, second.targetParameters]
  }

  public var following: [TargetNetwork<S>] { [first.following, second.following] }

  /// Multiplications and additions per row of a forward pass of one critic, and of its way back to weights and action.
  static func products(_ settings: AgentSettings) -> (forward: Double, backward: Double, actionGradient: Double) {
    let n = Double(settings.observationSize), d = Double(settings.actionSize), h = Double(settings.hiddenSize)
    let deeper = Double(settings.criticHiddenLayers - 1) * h * h
    let forward = (n + d) * h + deeper + h
    return (forward, forward + deeper + h, deeper + d * h)
  }
}
