import Foundation
import HDF5
import TestSupport
import Testing

@Suite struct EvaluateCommandTests {
  private let folder: TemporaryFolder
  private let run = "runs/Hopper-v2/sac/seed-0"

  init() throws {
    folder = try TemporaryFolder()
    let trained = try Program.run(
      [
        "train", "Hopper", "--algorithm", "sac", "--steps", "20", "--evaluation-episodes", "1", "--set", "hidden_size=8", "--set",
        "snapshot_interval=10",
      ], in: folder.path)
    try #require(trained.exitCode == 0, "\(trained.error)")
    #expect(trained.error == "hpo: update_after 1000 is more than the 20 steps: the run ends without one update\n")
  }

  private func evaluate(_ arguments: String...) throws -> Program.Outcome {
    try Program.run(["evaluate", run] + arguments, in: folder.path)
  }

  @Test func `numbers are read as train reads them`() throws {
    let plain = try evaluate("--episodes", "10", "--seed", "3", "--json")
    #expect(plain.exitCode == 0, "\(plain.error)")
    #expect(try evaluate("--episodes", "1e1", "--seed", "3", "--json").output == plain.output)
    for (option, value, message) in [
      ("--seed", "-1", "--seed: 'seed' cannot be '-1'; it must be an integer, 0 or more"),
      ("--episodes", "0", "--episodes: 'evaluation_episodes' cannot be '0'; it must be an integer from 1 to 10000"),
    ] {
      let refused = try evaluate(option, value)
      #expect(refused.exitCode == 2 && refused.error == "hpo: \(message)\n")
    }
  }

  @Test func `another environment of the same sizes, with parameters of its own, is played; one of other sizes is refused`() throws {
    let own = try evaluate("--episodes", "2", "--json")
    let paid = try evaluate("--episodes", "2", "--json", "--set", "environment.healthy_reward=3")
    let other = try evaluate("--episodes", "2", "--json", "--environment", "Hopper-v5")
    #expect(own.exitCode == 0 && paid.exitCode == 0 && other.exitCode == 0, "\(own.error)\(paid.error)\(other.error)")
    #expect(own.output != paid.output && other.output.contains("\"Hopper-v5\""))
    let ant = try evaluate("--environment", "Ant")
    #expect(ant.exitCode == 1 && ant.error.contains("are for 11 observations and 3 actions, Ant-v2 has 111 and 8"), "\(ant.error)")
  }

  @Test func `snapshots are played; one that is not there is refused with those that are`() throws {
    #expect(try evaluate("--snapshot", "10", "--episodes", "1").exitCode == 0)
    let missing = try evaluate("--snapshot", "11")
    #expect(missing.exitCode == 2 && missing.error == "hpo: there is no snapshot of step 11 in '\(run)'; there are 10, 20\n")
    #expect(try evaluate("--snapshot", "10", "--best").exitCode == 2)
  }

  @Test func `recorded episodes are what rollout reads`() throws {
    let played = try evaluate("--episodes", "2", "--stochastic", "--record", "episodes.h5", "--json")
    #expect(played.exitCode == 0, "\(played.error)")
    #expect(try evaluate("--episodes", "2", "--json").output != played.output)
    let replayed = try Program.run(
      ["rollout", "--environment", "Hopper", "--input", "episodes.h5", "--output", "replayed.h5"], in: folder.path)
    #expect(replayed.exitCode == 0, "\(replayed.error)")
    for episode in 0..<2 {
      let rewards = try ["episodes.h5", "replayed.h5"].map { name -> [Double] in
        try HDF5File.open(at: "\(folder.path)/\(name)").read("episode_\(episode)/rewards")
      }
      #expect(rewards[0] == rewards[1] && !rewards[0].isEmpty)
    }
  }
}
