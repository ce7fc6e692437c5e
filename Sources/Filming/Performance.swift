import Gym
import Random

/// What acts in front of the camera: a trained policy, chance, or anything that chooses actions.
public struct Performer {
  /// What it is, for a window's title: "sac-hpo, step 100000", "random actions".
  public var name: String
  /// Takes note of an episode's first state, where that matters to it.
  public var beginEpisode: (_ state: [Double]) throws -> Void
  /// An action in [-1, 1]^d for a state.
  public var action: (_ state: [Double]) throws -> [Float]

  /// - Parameter beginEpisode: nothing, unless given.
  public init(
    name: String, beginEpisode: @escaping (_ state: [Double]) throws -> Void = { _ in },
    action: @escaping (_ state: [Double]) throws -> [Float]
  ) {
    self.name = name
    self.beginEpisode = beginEpisode
    self.action = action
  }

  /// Uniform in [-1, 1]^d, the same sequence for the same seed.
  public static func random(in environment: any Environment, seed: UInt64) -> Performer {
    var generator = SeededGenerator(seed: seed, stream: RandomStream.exploration.rawValue)
    let size = environment.specification.actionSize
    return Performer(name: "random actions") { _ in
      (0..<size).map { _ in Float(generator.uniform(-1, 1)) }
    }
  }
}

/// Episodes of one performer in one environment, a step at a time.
public final class Performance {
  /// With its time limit.
  public let environment: TimeLimit
  public private(set) var performer: Performer
  /// Whoever comes next, from the next episode on.
  public var successor: Performer?
  /// Episodes begun.
  public private(set) var episode = 0
  /// Of this episode.
  public private(set) var step = 0
  /// Of this episode so far, undiscounted.
  public private(set) var totalReward = 0.0
  /// `nil` while the episode goes on.
  public private(set) var ending: Ending?
  private var generator: SeededGenerator

  /// - Parameters:
  ///   - generator: of the episodes' starts.
  public init(of performer: Performer, in environment: any Environment, startsFrom generator: SeededGenerator) {
    self.environment = (environment as? TimeLimit) ?? TimeLimit(environment)
    self.performer = performer
    self.generator = generator
  }

  /// Starts the next episode, with the successor where there is one.
  public func beginEpisode() throws {
    if let next = successor {
      performer = next
      successor = nil
    }
    try environment.reset(using: &generator)
    try performer.beginEpisode(environment.observation)
    episode += 1
    step = 0
    totalReward = 0
    ending = nil
  }

  /// One step; nothing once the episode has ended.
  public func advance() throws {
    guard ending == nil else { return }
    let outcome = try environment.step(try performer.action(environment.observation))
    step += 1
    totalReward += outcome.reward
    ending = outcome.ending
  }
}
