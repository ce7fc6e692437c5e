import Experiments
import Testing

/// The list of runs as text.
@Suite struct RunTableTests {
  private let records = [
    RunRecord(
      environment: "HumanoidFlagrunHarderPyBulletEnv-v0", algorithm: "sac-hpo-zero-momentum", variant: "exploration-1.5", seed: 12,
      step: 123_456, steps: 1_000_000, state: .running, lastReturn: -1234.56, bestReturn: 5432.1, stepsPerSecond: 93.4,
      secondsLeft: 12_345),
    RunRecord(environment: "Hopper-v2", algorithm: "sac", step: 1_000_000, steps: 1_000_000, state: .finished, lastReturn: 3210.4),
  ]

  @Test func `where there is room a line says all`() {
    #expect(
      RunTable.lines([records[1]]) == [
        "environment  algorithm  seed                step  return  best  steps/s  left  state",
        "Hopper-v2    sac           0  1000000 of 1000000  3210.4     –        –     –  finished",
      ])
  }

  @Test(arguments: [30, 40, 80, 120])
  func `no line is longer than the terminal is wide, and every run can be told from the others`(_ width: Int) {
    let lines = RunTable.lines(records, width: width)
    #expect(lines.count == 3)
    for line in lines { #expect(line.count <= width, "\(line)") }
    let progress = width < 120 ? ["12 %", "100 %"] : ["123456 of 1000000", "1000000 of 1000000"]
    for (line, expected) in zip(lines.dropFirst(), zip(progress, ["running", "finished"])) {
      #expect(line.contains(expected.0) && line.contains(expected.1), "\(line)")
    }
  }

  @Test func `at 80 columns names are cut in the middle before numbers are left out`() {
    #expect(
      RunTable.lines(records, width: 80) == [
        "environment        algorithm          seed   done   return        left  state",
        "Humanoid…etEnv-v0  sac-hpo-…tion-1.5    12   12 %  -1234.6  3 h 25 min  running",
        "Hopper-v2          sac                   0  100 %   3210.4           –  finished",
      ])
  }

  @Test(arguments: [(0.4, "0 s"), (59.6, "1 min 0 s"), (3599, "59 min 59 s"), (90_000, "1 d 1 h"), (.infinity, "?")])
  func `times are said as people say them`(_ time: (seconds: Double, text: String)) { #expect(duration(time.seconds) == time.text) }
}
