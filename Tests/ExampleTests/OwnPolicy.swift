import Configuration
import Records
import Training

/// Brakes and restores the mass, with noise: an example of a policy of one's own.
struct Brake: ExplorationPolicy {
  func action<Generator: RandomNumberGenerator>(at state: [Double], using generator: inout Generator) -> [Float] {
    let push = -state[0] - 2 * state[1] + Double.random(in: -0.5...0.5, using: &generator)
    return [Float(min(max(push, -1), 1))]
  }
}

func trainOnWhatBrakeDoes(in folder: String, steps: Int) throws -> Double? {
  var settings = Settings(environment: "Spring-v0", algorithm: .sac)
  settings.steps = steps
  settings.hiddenSize = 64
  let directory = RunDirectory(out: folder, settings: settings)
  let run = try TrainingRun(settings, directory: directory, exploration: Brake()) { Spring() }
  try run.run()
  return run.evaluations.last?.meanReturn
}
