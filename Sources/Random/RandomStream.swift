/// The purposes a run draws random numbers for. Each has a stream of its own, so that how often one is used changes no other.
public enum RandomStream: UInt64, Sendable, CaseIterable {
  case environment = 1
  case exploration = 2
  case replay = 3
  case evaluation = 4
  /// Episodes of a trained policy, none of which chose it.
  case testing = 5
  /// Noise of updates: one stream per lane, from this one on.
  case update = 100
  /// Initial weights: one stream per network, from this one on.
  case networks = 200
}
