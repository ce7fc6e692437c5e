import LinearAlgebra
import NeuralNetworks
import Random
import RealModule

/// The action of a policy that was improved T times at one state: a sample, or tanh μ_T with iterations whose noise is always the same.
final class IterativeActing<S: Scalar>: ActingRule {
  private let temperature: Temperature
  private let value: TwinBound<S>
  private let policies: PolicyIterations<S>
  /// The state, once for each sample, [M, observations].
  private let observations: Matrix<S>
  /// ξ of each iteration, [M, actions].
  private let noise: [[Matrix<S>]]
  private let action: Matrix<S>
  private let actionNoise: Matrix<S>
  private let draws: Bool

  init(_ networks: IterativeNetworks<S>, settings: AgentSettings, temperature: Temperature, draws: Bool) {
    self.temperature = temperature
    self.draws = draws
    let (d, samples) = (settings.actionSize, settings.actionSamples)
    value = TwinBound(
      networks.critics.first.target, networks.critics.second.target, pessimism: settings.actingPessimism, actionSize: d,
      rows: samples)
    policies = PolicyIterations(
      networks.iterative, objective: SampledObjective(value, actionSize: d, rows: 1, samplesAtOnce: samples),
      iterations: settings.iterations, observationSize: settings.observationSize, rows: 1)
    observations = Matrix(rows: samples, columns: settings.observationSize)
    let fixed = networks.evaluationNoise.values.matrix(rows: settings.iterations * samples, columns: d)
    noise = (0..<settings.iterations).map { t in
      [draws ? Matrix(rows: samples, columns: d) : fixed.rows(t * samples..<(t + 1) * samples)]
    }
    action = Matrix(rows: 1, columns: d)
    actionNoise = Matrix(rows: 1, columns: d)
  }

  func action(at observation: Matrix<S>, using generator: inout SeededGenerator) -> Matrix<S> {
    if draws {
      for t in 0..<noise.count { noise[t][0].fillStandardNormal(using: &generator) }
      actionNoise.fillStandardNormal(using: &generator)
    }
    for row in 0..<observations.rows { observations.rows(row..<row + 1).copy(from: observation) }
    value.begin(at: observations)
    policies.run(at: observation, noise: noise, alpha: temperature.alpha)
    action.setSample(mean: policies.mean, logStd: policies.logStd, noise: actionNoise)
    return action
  }
}

extension Matrix {
  /// self ← tanh(μ + σ ⊙ ξ).
  @specialized(where S == Float)
  @specialized(where S == Double)
  fileprivate func setSample(mean: Matrix, logStd: Matrix, noise: Matrix) {
    for row in 0..<rows {
      let u = pointer + row * stride
      let mu = mean.pointer + row * mean.stride
      let l = logStd.pointer + row * logStd.stride
      let xi = noise.pointer + row * noise.stride
      for column in 0..<columns { u[column] = S.tanh(mu[column] + S.exp(l[column]) * xi[column]) }
    }
  }
}
