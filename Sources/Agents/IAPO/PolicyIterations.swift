import LinearAlgebra
import NeuralNetworks
import RealModule

/// Policies λ = (μ, ℓ = log σ) of a fixed number of states, from μ = 0, σ = ½ improved T times by an ``IterativeNetwork``:
///
///     x_t     = [s, N(μ_t), N(ℓ_t), N(G_μ), N(G_ℓ)]      G by an evaluation with noise of its own
///     λ_{t+1} = the network's update of λ_t
///
/// The loss is the mean of −V̂(λ_t) over t = 1…T and the batch, each λ_t differentiated through its own update only: x_t and λ_t are
/// constants there. ∂V̂/∂λ_t is −G of the next iteration's input, computed anyway, so the way back of each update follows it at once.
package final class PolicyIterations<S: Scalar> {
  private let network: IterativeNetwork<S>
  private let update: IterativeUpdate<S>
  private let gradient: IterativeNetwork<S>
  private let objective: SampledObjective<S>
  private let input: Matrix<S>
  private let observationSize: Int
  private let actionSize: Int
  private let meanGradient: Matrix<S>
  private let logStdGradient: Matrix<S>
  /// μ_t and ℓ_t for t = 0…T, [rows, actions] each.
  package let means: [Matrix<S>]
  package let logStds: [Matrix<S>]
  /// V̂(λ_t) for t = 1…T, [rows] each, of evaluations that were made.
  package let values: [Vector<S>]

  package init(
    _ network: IterativeNetwork<S>, objective: SampledObjective<S>, iterations: Int, observationSize: Int, rows: Int
  ) {
    self.network = network
    self.objective = objective
    self.observationSize = observationSize
    actionSize = network.actionSize
    update = IterativeUpdate(network, rows: rows)
    gradient = network.zeros()
    let d = network.actionSize
    func matrices(_ count: Int) -> [Matrix<S>] { (0..<count).map { _ in Matrix(rows: rows, columns: d) } }
    input = Matrix(rows: rows, columns: network.inputs)
    meanGradient = Matrix(rows: rows, columns: d)
    logStdGradient = Matrix(rows: rows, columns: d)
    means = matrices(iterations + 1)
    logStds = matrices(iterations + 1)
    values = (0..<iterations).map { _ in Vector(count: rows) }
    logStds[0].fill(S(Double.log(0.5)))
  }

  /// T.
  package var iterations: Int { values.count }
  package var mean: Matrix<S> { means[iterations] }
  package var logStd: Matrix<S> { logStds[iterations] }

  /// The network, and where ``run(at:noise:alpha:share:)`` leaves its gradient.
  package var trained: ParameterGradient<S> {
    ParameterGradient("iterative", network.parameters, gradient: gradient.parameters)
  }

  /// Improves the policies T times; the objective's surface has begun at these states.
  /// - Parameters:
  ///   - noise: of evaluation t = 0…T; without the last, λ_T is not evaluated.
  ///   - share: of each V̂ in the loss −Σ share·V̂ whose gradient is taken; `nil` where none is.
  package func run(at observations: Matrix<S>, noise: [[Matrix<S>]], alpha: Double, share: Double? = nil) {
    input.columns(0..<observationSize).copy(from: observations)
    gradient.parameters.values.fill(0)
    objective.evaluate(mean: means[0], logStd: logStds[0], noise: noise[0], alpha: alpha)
    for t in 0..<iterations {
      setInput(t)
      update.forward(
        input: input, oldMean: means[t], oldLogStd: logStds[t], newMean: means[t + 1], newLogStd: logStds[t + 1])
      if t + 1 == noise.count { return }
      objective.evaluate(mean: means[t + 1], logStd: logStds[t + 1], noise: noise[t + 1], alpha: alpha)
      values[t].copy(from: objective.values)
      guard let share else { continue }
      meanGradient.set(objective.meanGradient, scaledBy: S(share))
      logStdGradient.set(objective.logStdGradient, scaledBy: S(share))
      update.backward(
        input: input, oldMean: means[t], oldLogStd: logStds[t], meanGradient: meanGradient, logStdGradient: logStdGradient,
        gradient: gradient)
    }
  }

  private func setInput(_ t: Int) {
    setPart(0, means[t])
    setPart(1, logStds[t])
    setPart(2, objective.meanGradient)
    setPart(3, objective.logStdGradient)
  }

  private func setPart(_ index: Int, _ values: Matrix<S>) {
    let start = observationSize + index * actionSize
    input.columns(start..<start + actionSize).setStandardizedRows(of: values)
  }
}
