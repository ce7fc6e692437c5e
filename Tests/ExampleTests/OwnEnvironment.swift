import Configuration
import Gym
import Records
import Training

/// A mass on a spring, to be held still: an example of an environment of one's own.
final class Spring: Environment {
  let specification = EnvironmentSpecification(id: "Spring-v0", observationSize: 2, actionSize: 1, timeLimit: 200)
  private(set) var observation = [0.0, 0.0]  // position, velocity

  func reset<Generator: RandomNumberGenerator>(using generator: inout Generator) {
    observation = [Double.random(in: -1...1, using: &generator), 0]
  }

  func step(_ action: [Float]) -> Step {
    observation[1] += 0.05 * (Double(action[0]) - observation[0])
    observation[0] += 0.05 * observation[1]
    return Step(reward: -observation[0] * observation[0], ending: abs(observation[0]) > 3 ? .terminated : nil)
  }
}

func trainOnSpring(in folder: String, steps: Int) throws -> Double? {
  var settings = Settings(environment: "Spring-v0", algorithm: .sacHPO)
  settings.steps = steps
  settings.hiddenSize = 64
  let run = try TrainingRun(settings, directory: RunDirectory(out: folder, settings: settings)) { Spring() }
  try run.run()
  return run.evaluations.last?.meanReturn
}
