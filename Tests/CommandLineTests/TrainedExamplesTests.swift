import Environments
import Foundation
import Records
import TestSupport
import Testing
import Training

/// The policies that come with the repository, for a first look.
@Suite struct TrainedExamplesTests {
  /// A folder, and what the two first episodes of seed 0 bring at least.
  struct Example: CustomStringConvertible {
    var name: String
    var environment: String
    var reaches: Double
    var description: String { name }
  }

  static let examples = [
    Example(name: "hopper", environment: "Hopper-v2", reaches: 3000),
    Example(name: "half-cheetah", environment: "HalfCheetah-v2", reaches: 5000),
  ]

  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../Experiments/trained")
    .standardizedFileURL.path

  @Test(arguments: examples) func `a policy that comes with the repository loads, acts, and does what is written beside it`(
    _ example: Example
  ) throws {
    let path = "\(Self.folder)/\(example.name)"
    let policy = try TrainedPolicy(run: RunDirectory(path: path))
    #expect(policy.settings.environment == example.environment)
    // Two whole episodes.
    let result = try policy.evaluate(in: try EnvironmentCatalog.make(example.environment), episodes: 2, seed: 0)
    #expect(result.returns.allSatisfy { $0 > example.reaches }, "\(result.returns)")
    // For a checkout to stay small.
    let size = try #require(try FileManager.default.attributesOfItem(atPath: "\(path)/best.h5")[.size] as? Int)
    #expect(size < 1_500_000)
  }

  @Test func `the policies are filmed by their folders' names`() throws {
    let folder = try TemporaryFolder()
    for example in Self.examples {
      let film = ["video", "\(Self.folder)/\(example.name)", "--steps", "3", "--size", "64x64", "--output", "film.png"]
      let outcome = try Program.run(film, in: folder.path)
      if outcome.error.contains("apt-get install libegl1") { return }  // nothing here that draws
      #expect(outcome.exitCode == 0 && outcome.output.contains("4 pictures of 64x64 in 'film.png'"), "\(outcome.error)")
    }
  }
}
