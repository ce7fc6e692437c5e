/// Counts an episode's steps and truncates it at the environment's time limit, as Gymnasium's wrapper of that name.
/// A step that terminates at the limit counts as terminated only.
public final class TimeLimit: Environment {
  /// The task itself, which knows no time limit.
  public let environment: any Environment
  /// Steps taken in this episode.
  public private(set) var elapsedSteps = 0

  /// - Parameter environment: the task whose `specification.timeLimit` is kept.
  public init(_ environment: any Environment) {
    self.environment = environment
  }

  /// The task's.
  public var specification: EnvironmentSpecification { environment.specification }
  /// The task's.
  public var observation: [Double] { environment.observation }

  /// Starts a new episode, its steps counted from 0.
  /// - Throws: what the task throws.
  public func reset<Generator: RandomNumberGenerator>(using generator: inout Generator) throws {
    elapsedSteps = 0
    try environment.reset(using: &generator)
  }

  /// One step of the task's, truncated at the limit.
  /// - Throws: what the task throws.
  public func step(_ action: [Float]) throws -> Step {
    var step = try environment.step(action)
    elapsedSteps += 1
    if step.ending == nil, let limit = specification.timeLimit, elapsedSteps >= limit { step.ending = .truncated }
    return step
  }
}
