import LinearAlgebra
import Random

/// A way to choose actions, one state at a time: a rule of exploration, or what is evaluated.
public protocol ActingRule<S>: AnyObject {
  associatedtype S: Scalar

  /// Takes note of an episode's first state, [1, observations].
  func beginEpisode(at observation: Matrix<S>)

  /// The action at a state.
  /// - Parameters:
  ///   - observation: [1, observations].
  ///   - generator: the only source of chance.
  /// - Returns: [1, actions]; what leaves [-1, 1] is cut.
  func action(at observation: Matrix<S>, using generator: inout SeededGenerator) -> Matrix<S>

  /// Whether the last action met all that actions have to meet.
  var isAccepted: Bool { get }

  /// What it says of the actions chosen.
  var scalars: [ActingScalar] { get }
}

extension ActingRule {
  public func beginEpisode(at observation: Matrix<S>) {}
  public var isAccepted: Bool { true }
  public var scalars: [ActingScalar] { [] }
}

/// A mean over the actions chosen since it was last reset, to be logged: a sum divided by what it is a sum of.
public final class ActingScalar {
  /// As learning curves name it: `leapfrog_steps`.
  public let name: String
  public private(set) var sum = 0.0
  public private(set) var count = 0.0

  public init(_ name: String) { self.name = name }

  /// NaN where nothing was counted.
  public var mean: Double { sum / count }

  public func add(_ value: Double, count: Double = 1) {
    sum += value
    self.count += count
  }

  /// Starts anew, or where a checkpoint left it.
  public func reset(sum: Double = 0, count: Double = 0) { (self.sum, self.count) = (sum, count) }
}
