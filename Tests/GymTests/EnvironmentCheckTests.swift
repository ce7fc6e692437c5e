import Gym
import Testing

/// A counter that can be told to do one thing wrong.
private final class Counter: Environment {
  enum Fault: Sendable {
    case none, shortObservation, longerAfterStep, ownRandomness, memory, notANumber, hugeReward, endless, truncates, throwsAtReset,
      throwsAtStep, infiniteCost
  }
  struct Broken: Error, CustomStringConvertible { var description: String { "the cable is out" } }

  let fault: Fault
  var specification: EnvironmentSpecification
  private(set) var observation = [0.0, 0.0]
  private var steps = 0
  private var memory = 0.0

  init(_ fault: Fault) {
    self.fault = fault
    specification = EnvironmentSpecification(
      id: "Counter-v0", observationSize: 2, actionSize: 1, timeLimit: fault == .endless ? nil : 50)
  }

  func reset<Generator: RandomNumberGenerator>(using generator: inout Generator) throws {
    if fault == .throwsAtReset { throw Broken() }
    steps = 0
    observation = [Double.random(in: -1...1, using: &generator), fault == .memory ? memory : 0]
    if fault == .ownRandomness { observation[1] = Double.random(in: 0...1) }
    if fault == .shortObservation { observation = [0] }
  }

  func step(_ action: [Float]) throws -> Step {
    steps += 1
    if fault == .throwsAtStep { throw Broken() }
    memory += 1
    observation[1] += Double(action[0])
    if fault == .longerAfterStep { observation.append(0) }
    if fault == .notANumber && steps == 7 { observation[0] = .nan }
    let reward = fault == .hugeReward ? -1e300 : 1
    let ends = steps == 30 && fault != .endless
    let ending: Ending? = ends ? (fault == .truncates ? .truncated : .terminated) : nil
    return Step(reward: reward, ending: ending, cost: fault == .infiniteCost ? .infinity : 0)
  }
}

@Suite struct EnvironmentCheckTests {
  @Test func `an environment in order gives no sentence, with and without its time limit kept`() {
    #expect(checkEnvironment(Counter(.none)) == [])
    #expect(checkEnvironment(TimeLimit(Counter(.none))) == [])
    #expect(checkEnvironment(Counter(.none), .quick) == [])
  }

  private static let storable = "it must be a finite number that single precision holds"

  @Test(arguments: [
    (Counter.Fault.shortObservation, "Counter-v0's observation has 1 numbers after reset, its specification says 2"),
    (.longerAfterStep, "Counter-v0's observation has 3 numbers after step 1, its specification says 2"),
    (.hugeReward, "Counter-v0's reward after step 1 is -1e+300: \(storable)"),
    (.infiniteCost, "Counter-v0's cost after step 1 is inf: \(storable)"),
    (.throwsAtReset, "Counter-v0 could not start an episode: the cable is out"),
    (.throwsAtStep, "Counter-v0 threw after step 1: the cable is out"),
    (
      .endless,
      "Counter-v0 has no time limit, and 10000 random actions ended no episode: evaluations might never end; give its specification a "
        + "timeLimit"
    ),
  ])
  private func `what a run would stumble over at once is found by the quick part too`(fault: Counter.Fault, sentence: String) {
    #expect(checkEnvironment(Counter(fault), .quick) == [sentence])
    #expect(checkEnvironment(Counter(fault)) == [sentence])
  }

  @Test(arguments: [
    (
      Counter.Fault.ownRandomness,
      "Counter-v0 is not determined by its generator: the same start and actions gave something else after reset; draw every random "
        + "number from the generator that reset is given, and keep nothing from one episode to the next"
    ),
    (
      .memory,
      "Counter-v0 is not determined by its generator: the same start and actions gave something else after reset; draw every random "
        + "number from the generator that reset is given, and keep nothing from one episode to the next"
    ),
    (.notANumber, "Counter-v0's observation after step 7 is nan at index 0: \(storable)"),
    (
      .truncates,
      "Counter-v0 truncates its episode after step 30 by itself; give its specification a timeLimit instead, which runs keep"
    ),
  ])
  private func `what takes an episode to show is found by the whole check`(fault: Counter.Fault, sentence: String) {
    #expect(checkEnvironment(Counter(fault), .quick) == [])
    #expect(checkEnvironment(Counter(fault)) == [sentence])
  }

  @Test func `sizes that no agent can have are said before anything is played`() {
    let environment = Counter(.none)
    environment.specification = EnvironmentSpecification(id: "", observationSize: 0, actionSize: -1, timeLimit: 0)
    #expect(
      checkEnvironment(environment) == [
        "the environment has an empty id; name it with a version, as in 'Spring-v0'",
        "the environment says its observations have 0 numbers; at least 1 is needed",
        "the environment says its actions have -1 numbers; at least 1 is needed",
        "the environment has a time limit of 0 steps; at least 1 is needed, nil means none",
      ])
  }
}
