/// Counts an episode's steps and truncates it at the environment's time limit, as Gymnasium's wrapper of that name.
/// A step that terminates at the limit counts as terminated only.
public final class TimeLimit: Environment {
  public let environment: any Environment
  /// Steps taken in this episode.
  public private(set) var elapsedSteps = 0

  public init(_ environment: any Environment) {
    self.environment = environment
  }

  public var specification: EnvironmentSpecification { environment.specification }
  public var observation: [Double] { environment.observation }

  public func reset<Generator: RandomNumberGenerator>(using generator: inout Generator) {
    elapsedSteps = 0
    environment.reset(using: &generator)
  }

  public func step(_ action: [Float]) throws -> Step {
    var step = try environment.step(action)
    elapsedSteps += 1
    if step.ending == nil, let limit = specification.timeLimit, elapsedSteps >= limit { step.ending = .truncated }
    return step
  }
}
