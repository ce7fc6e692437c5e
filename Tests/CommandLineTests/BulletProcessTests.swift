import Environments
import HDF5
import TestSupport
import Testing

/// Bullet's tasks in processes of their own, where the heap can be made to hold anything.
@Suite(.enabled(if: RoboschoolHumanoid.isAvailable, "Bullet is not built; 'make setup-bullet' builds it"))
struct BulletProcessTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: RoboschoolHumanoid.Variant.allCases)
  func `an episode is the same bit for bit in another process, on another heap, after other episodes`(
    variant: RoboschoolHumanoid.Variant
  ) throws {
    try write("alone", starts: [3])
    try write("after-others", starts: [1, 2, 3])
    // glibc fills what it hands out, and what it takes back, with bytes made of this number; elsewhere it does nothing.
    let quiet = try rollout(variant, "alone", heap: "0")
    for heap in ["85", "170"] { #expect(try rollout(variant, "alone", heap: heap) == quiet) }
    #expect(try rollout(variant, "after-others", heap: "119") == quiet)
    #expect(quiet.allSatisfy { $0.isFinite } && Set(quiet).count > 100)
  }

  @Test func `a task is shown with torques as people write them, and without a heading for parameters that it has not`() throws {
    let shown = try Program.run(["env", "show", "Flagrun"]).output
    let torques = shown.split(separator: "\n").filter { $0.hasSuffix(" N m") }.compactMap { $0.split(separator: "×").last.map(String.init) }
    #expect(Set(torques) == [" 41 N m", " 82 N m", " 123 N m", " 30.75 N m"])
    #expect(!shown.contains("Parameters") && !shown.hasSuffix("\n\n"))
    #expect(try Program.run(["env", "show", "Hopper"]).output.contains("\nParameters, as environment.<name> in YAML or --set:\n    "))
  }

  @Test func `resets hand their memory back`() throws {
    try write("few", starts: Array(repeating: 1, count: 10), steps: 1)
    try write("many", starts: Array(repeating: 1, count: 110), steps: 1)
    let few = try peakKilobytes(ofRollout: "few")
    let many = try peakKilobytes(ofRollout: "many")
    // A world that stayed behind would cost megabytes each time, hundreds in all.
    #expect(many - few < 50_000, "\(few) kB for 10 resets, \(many) kB for 110")
  }

  /// A file of episodes whose draws follow from their number in `starts`.
  private func write(_ name: String, starts: [Int], steps: Int = 60) throws {
    let file = try HDF5File.create(at: "\(folder.path)/\(name).h5")
    for (index, start) in starts.enumerated() {
      let group = try file.createGroup("episode_\(index)")
      let joints = (0..<17).map { (joint: Int) -> Double in
        let spread = Double((joint * 7 + start * 5) % 13)
        return spread / 65 - 0.1
      }
      try group.write("draws", joints + [10.0, -5.0])  // a flag out of reach
      let actions = (0..<steps * 17).map { (index: Int) -> Double in
        let spread = Double((index * 31 + start * 17) % 41)
        return spread / 20 - 1
      }
      try group.write("actions", actions, shape: [steps, 17])
    }
    try file.close()
  }

  /// Observations and rewards of the last episode.
  private func rollout(_ variant: RoboschoolHumanoid.Variant, _ name: String, heap: String) throws -> [Double] {
    let result = "\(folder.path)/result-\(name)-\(heap).h5"
    let outcome = try Program.run(
      ["rollout", "--environment", variant.id, "--input", "\(folder.path)/\(name).h5", "--output", result],
      variables: ["MALLOC_PERTURB_": heap])
    try #require(outcome.exitCode == 0, "\(outcome.error)")
    let file = try HDF5File.open(at: result)
    let last = try file.group(name == "alone" ? "episode_0" : "episode_2")
    let values =
      try last.read("observations", as: Float.self).map(Double.init) + last.read("rewards", as: Double.self)
    try file.close()
    return values
  }

  private func peakKilobytes(ofRollout name: String) throws -> Int {
    try Program.peakKilobytes([
      "rollout", "--environment", RoboschoolHumanoid.Variant.flagrunHarder.id,
      "--input", "\(folder.path)/\(name).h5", "--output", "\(folder.path)/result-\(name).h5",
    ])
  }
}
