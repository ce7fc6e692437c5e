import Gym
import Synchronization
import Testing

@Suite struct ModelHashTests {
  @Test func `a model's hash is computed when it is asked for, once`() throws {
    let count = Mutex(0)
    let hash = ModelHash {
      count.withLock { $0 += 1 }
      return "a"
    }
    let specification = EnvironmentSpecification(id: "Spring-v0", observationSize: 2, actionSize: 1, timeLimit: nil, modelHash: hash)
    #expect(count.withLock { $0 } == 0)
    #expect(try specification.modelHash?.value() == "a" && hash.value() == "a")
    #expect(count.withLock { $0 } == 1)
  }

  @Test func `hashes are equal by what they are, and one that cannot be had equals no other`() {
    struct Unreadable: Error {}
    let hash = ModelHash { "a" }
    #expect(hash == ModelHash { "a" } && hash != ModelHash { "b" })
    let failing = ModelHash { throw Unreadable() }
    #expect(failing != hash && failing != ModelHash { throw Unreadable() } && failing == failing)
    #expect(throws: Unreadable.self) { try failing.value() }
  }
}
