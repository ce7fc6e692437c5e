import Random
import Testing

@Suite struct SeededGeneratorTests {
  @Test func `the same seed and stream give the same numbers, another seed or stream others`() {
    func first(_ seed: UInt64, _ stream: UInt64) -> [UInt64] {
      var generator = SeededGenerator(seed: seed, stream: stream)
      return (0..<4).map { _ in generator.next() }
    }
    #expect(first(1, 0) == first(1, 0))
    #expect(Set([first(1, 0), first(2, 0), first(1, 1), first(2, 1)]).count == 4)
  }

  @Test func `the recurrence is xoshiro256** as its authors publish it`() throws {
    // Worked by hand from state (1, 2, 3, 4): rotl(2·5, 7)·9 = 11520, then the state's words mix as in the authors' C file.
    var generator = try #require(SeededGenerator(state: (1, 2, 3, 4)))
    #expect((0..<4).map { _ in generator.next() } == [11520, 0, 1_509_978_240, 1_215_971_899_390_074_240])
  }

  @Test func `a stored state continues where it was taken`() throws {
    var generator = SeededGenerator(seed: 7)
    _ = generator.next()
    var continued = try #require(SeededGenerator(state: generator.state))
    #expect((0..<100).allSatisfy { _ in generator.next() == continued.next() })
    #expect(SeededGenerator(state: (0, 0, 0, 0)) == nil)
  }

  @Test func `uniform draws fill their range evenly and normal draws have unit variance`() {
    var generator = SeededGenerator(seed: 3)
    let count = 200_000
    let uniforms = (0..<count).map { _ in generator.uniform(-2, 6) }
    let normals = (0..<count).map { _ in generator.standardNormal() }
    #expect(uniforms.allSatisfy { $0 >= -2 && $0 < 6 })
    // Standard errors: 8/√12/√n ≈ 0.005 and 1/√n ≈ 0.0022; √2/√n ≈ 0.0032 for the variance. Four of each.
    #expect(abs(uniforms.reduce(0, +) / Double(count) - 2) < 0.021)
    #expect(abs(normals.reduce(0, +) / Double(count)) < 0.009)
    #expect(abs(normals.map { $0 * $0 }.reduce(0, +) / Double(count) - 1) < 0.013)
  }

  @Test func `indices below a bound reach every value and never the bound`() {
    var generator = SeededGenerator(seed: 4)
    #expect(Set((0..<200).map { _ in generator.index(below: 5) }) == [0, 1, 2, 3, 4])
  }
}
