import Gym

/// A mass on a spring, to be held still.
final class Spring: Environment {
  let specification = EnvironmentSpecification(id: "Spring-v0", observationSize: 2, actionSize: 1, timeLimit: 200)
  private(set) var observation = [0.0, 0.0]  // position, velocity

  func reset<Generator: RandomNumberGenerator>(using generator: inout Generator) {
    observation = [Double.random(in: -1...1, using: &generator), 0]
  }

  func step(_ action: [Float]) -> Step {
    observation[1] += 0.05 * (Double(action[0]) - observation[0])
    observation[0] += 0.05 * observation[1]
    return Step(
      reward: -observation[0] * observation[0], ending: abs(observation[0]) > 3 ? .terminated : nil, cost: abs(Double(action[0])))
  }
}
