import Gym
import Testing

/// Stands still and offers a cost of its own.
private final class Stone: Environment {
  let specification = EnvironmentSpecification(id: "Stone-v0", observationSize: 1, actionSize: 1, timeLimit: 5)
  let observation = [0.0]
  func reset<Generator: RandomNumberGenerator>(using generator: inout Generator) {}
  func step(_ action: [Float]) -> Step { Step(reward: 0) }
}

@Suite struct EnvironmentRegistryTests {
  @Test func `an entry that declares other costs than its environment offers traps, with both lists`() async throws {
    #expect(try EnvironmentRegistry([.init("Stone-v0") { _ in Stone() }]).make("Stone-v0").specification.costs == [.own])
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try EnvironmentRegistry([.init("Stone-v0", costs: []) { _ in Stone() }]).make("Stone-v0")
    }
    let said = result.map { String(decoding: $0.standardErrorContent, as: UTF8.self) }
    #expect(said?.contains("the entry 'Stone-v0' declares the costs [], but the environment offers [\"own\"]") == true)
  }
}
