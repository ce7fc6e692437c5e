import Support
import Testing

@Suite struct StatisticsTests {
  @Test func `mean and deviation are numpy's, the population's`() {
    let statistics = Statistics([1, 2, 4])
    #expect(abs(statistics.mean - 7.0 / 3) < 1e-15)
    #expect(abs(statistics.standardDeviation - 1.247219128924647) < 1e-15)
    #expect(Statistics([5]).standardDeviation == 0 && Statistics([]).mean.isNaN)
  }

  @Test func `the median of an even number is between the middle two`() {
    #expect(median([3, 1, 2]) == 2 && median([4, 1, 2, 3]) == 2.5 && median([]).isNaN)
  }

  @Test func `the nearest name is the one with a slip of the fingers, or the one that was begun`() {
    let names = ["HalfCheetah", "Hopper", "Humanoid", "Ant"]
    #expect(nearestName(to: "Hoper", among: names) == "Hopper")
    #expect(nearestName(to: "Atn", among: names) == "Ant")
    #expect(nearestName(to: "half", among: names) == "HalfCheetah")
    #expect(nearestName(to: "Spinner", among: names) == nil)
  }
}
