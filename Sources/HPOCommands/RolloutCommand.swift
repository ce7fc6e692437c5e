import ArgumentParser
import Gym
import Interchange

struct RolloutCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollout", abstract: "Replay given actions from given states.",
    discussion: """
      The input holds groups episode_<i> with actions [T, d] (float32 or float64, in the environment's own units) and \
      qpos0 and qvel0, for Bullet tasks draws; the output gets the same groups with observations, rewards, terminated, \
      qpos and qvel, for Bullet tasks reward_terms and draws_consumed.
      """)

  @Option(help: "The environment, such as Ant-v5.")
  var environment: String

  @Option(help: "HDF5 file with the episodes to replay.")
  var input: String

  @Option(help: "HDF5 file to write.")
  var output: String

  @OptionGroup var settings: EnvironmentSettings

  func run() throws {
    try reportingFailures {
      let episodes = try Rollout.run(
        try Program.current.environments.make(environment, parameters: try settings.parameters()), input: input, output: output)
      for episode in episodes {
        let ending = episode.terminated ? "terminated" : "not terminated"
        print("episode_\(episode.number): \(episode.steps) steps, return \(episode.totalReward), \(ending)")
      }
    }
  }
}
