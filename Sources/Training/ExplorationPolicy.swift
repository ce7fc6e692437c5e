/// A policy of one's own that explores in the agent's place. The agent learns off-policy, so whatever is done teaches it.
public protocol ExplorationPolicy {
  /// - Parameters:
  ///   - state: the environment's observation.
  ///   - generator: the run's own for exploration, and the only source of chance: a run whose policy depends on nothing but its
  ///     arguments is continued bit for bit.
  /// - Returns: the action, each component in [-1, 1].
  func action<Generator: RandomNumberGenerator>(at state: [Double], using generator: inout Generator) -> [Float]
}
