import Experience
import LinearAlgebra
import NeuralNetworks

/// What learns from transitions and acts: its networks, the arithmetic of one update, and all that a run has to keep of it.
///
/// A training loop acts with ``makeActor()``, fills ``minibatch``, calls ``update()`` and reads ``report``, and says when an episode has
/// ended. Files know an agent by ``networks`` and ``state`` alone. One more agent is a type of this protocol and a line of
/// ``AgentKind/all``.
public protocol Agent<S>: AnyObject {
  associatedtype S: Scalar

  /// A fresh agent; the same seed gives the same one.
  /// - Parameter pool: the threads that updates use; how many there are changes no number.
  init(_ settings: AgentSettings, seed: UInt64, pool: WorkerPool)

  /// The settings in force now: a learned temperature has moved `alpha`.
  var settings: AgentSettings { get }

  /// What ``update()`` learns from; to be filled before.
  var minibatch: Minibatch<S> { get }

  /// One gradient update on ``minibatch``, with noise of its own.
  /// - Throws: ``AgentError/diverged(quantity:value:)`` when a loss is not finite. The step that made it so has been taken.
  func update() throws(AgentError)

  /// What the last ``update()`` says of itself.
  var report: UpdateReport { get }

  /// Is told when a phase of ``update()`` begins and ends.
  var observer: (any UpdateObserver)? { get set }

  /// Something to act with, which follows this agent's parameters as they change.
  func makeActor() -> ActingPolicy<S>

  /// Takes note of a finished training episode.
  func episodeEnded(_ episode: EpisodeSummary)

  /// All that acting depends on and that training moves, in the order of files: `networks/<name>/…`.
  var networks: [NamedParameters<S>] { get }

  /// Numbers that acting depends on and that training moves, besides networks: attributes of `networks`.
  var networkAttributes: [AgentState<S>] { get }

  /// Everything else that going on bit for bit depends on: optimisers, multipliers, generators.
  var state: [AgentState<S>] { get }

  /// The standard normal numbers that an update draws, and those of exploration for probes, by the names that probes give them: [rows,
  /// actions], where rows are all dimensions but the last of ``noiseShapes(_:rows:)``.
  var noise: [(name: String, values: Matrix<S>)] { get }

  /// Shape and use of each of ``noise``, in its order, for a batch of so many rows.
  static func noiseShapes(_ settings: AgentSettings, rows: Int) -> [NoiseShape]

  /// Losses, intermediate numbers and gradients on ``minibatch`` with ``noise`` at the present parameters; nothing is stepped.
  ///
  /// Only for an agent of one lane, whose working memory then holds the whole batch.
  /// - Parameter given: which of the noise was filled: what needs other noise is left out of the report.
  func probe(given: Set<String>) -> ProbeReport<S>

  /// Multiplications and additions in the matrix products of one update, each product that the algorithm needs counted once: the
  /// floor that an update's speed is measured against.
  static func operationsPerUpdate(_ settings: AgentSettings) -> Double

  /// Shapes of layers whose number or size the input does not bound, to be compared with a file's before memory is taken for what the
  /// file claims: `critic1/0/weight`. A `nil` is any size.
  static func layerShapes(_ settings: AgentSettings) -> [(layer: String, shape: [Int?])]

  /// What of the settings this agent cannot do, in the words of the settings file; `nil` where it can do all.
  static func contradiction(in settings: AgentSettings) -> String?
}

/// Noise that a probe takes.
public struct NoiseShape: Sendable {
  public let name: String
  /// Row-major; the last is the number of actions.
  public let shape: [Int]
  /// Whether there is no probe without it.
  public let isNeeded: Bool

  public init(_ name: String, _ shape: [Int], isNeeded: Bool = true) {
    self.name = name
    self.shape = shape
    self.isNeeded = isNeeded
  }
}

/// A network's parameters under its name in files.
public typealias NamedParameters<S: Scalar> = (name: String, parameters: ParameterSet<S>)

extension Agent {
  public func episodeEnded(_ episode: EpisodeSummary) {}
  public static func contradiction(in settings: AgentSettings) -> String? { nil }
  public var networkAttributes: [AgentState<S>] { [] }

  /// The number of ``networkAttributes`` that has this name.
  public func networkAttribute(_ name: String) -> Double? {
    for item in networkAttributes where item.path == name {
      if case .number(let get, _) = item.value { return get() }
    }
    return nil
  }
}

/// What a finished training episode adds up to.
public struct EpisodeSummary: Sendable, Equatable {
  /// Undiscounted.
  public var totalReward: Double
  /// Steps.
  public var length: Int
  /// Plain sum of costs.
  public var cost: Double
  /// Σ γᵗ cₜ.
  public var discountedCost: Double
  /// Whether it began while actions were still the random ones of a run's start.
  public var beganRandomly: Bool

  public init(totalReward: Double, length: Int, cost: Double, discountedCost: Double, beganRandomly: Bool) {
    self.totalReward = totalReward
    self.length = length
    self.cost = cost
    self.discountedCost = discountedCost
    self.beganRandomly = beganRandomly
  }
}

/// What can go wrong in learning.
public enum AgentError: Error, Equatable, CustomStringConvertible {
  /// A quantity is no longer finite.
  case diverged(quantity: String, value: Double)

  public var description: String {
    switch self {
    case .diverged(let quantity, let value):
      "the \(quantity) became \(value): learning has diverged; a smaller learning_rate or leapfrog_step_size may help"
    }
  }
}
