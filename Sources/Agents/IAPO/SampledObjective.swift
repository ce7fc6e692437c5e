import LinearAlgebra
import RealModule

/// The entropy-regularised value of Gaussian policies before tanh, and which way it falls, from M action samples per state:
///
///     u = μ + σ ⊙ ξ,  a = tanh u,  h = (1 − a²) ⊙ ∇ₐQ(s, a)
///     V̂   = mean_M[Q(s, a) − α(log π(a|s) + d log 2)]
///     G_μ = −mean_M[h − 2αa]      G_ℓ = −mean_M[σξ ⊙ (h − 2αa) + α]             (−∂V̂/∂μ and −∂V̂/∂ℓ, ℓ = log σ)
///
/// d log 2 is the entropy of a uniform draw from the box, the prior.
///
/// Samples are evaluated one after another on all states, or several at once: the rows of what is evaluated are then the states, again and
/// again.
package final class SampledObjective<S: Scalar> {
  private let surface: any ActionValue<S>
  private let rows: Int
  private let latent: Matrix<S>
  private let action: Matrix<S>
  private let actionGradient: Matrix<S>
  private let logDensity: Vector<S>

  /// V̂, [rows].
  package let values: Vector<S>
  /// G_μ and G_ℓ, [rows, actions].
  package let meanGradient: Matrix<S>
  package let logStdGradient: Matrix<S>
  /// log π(a|s), mean over the samples, [rows], nats.
  package let logProbability: Vector<S>
  /// The first sample: a [rows, actions], log π(a|s) and Q(s, a), [rows].
  package let firstAction: Matrix<S>
  package let firstLogProbability: Vector<S>
  package let firstValue: Vector<S>

  /// - Parameters:
  ///   - surface: Q, of `rows` times `samplesAtOnce` rows; must know the states by the time of an evaluation.
  ///   - rows: states.
  package init(_ surface: any ActionValue<S>, actionSize d: Int, rows: Int, samplesAtOnce: Int = 1) {
    self.surface = surface
    self.rows = rows
    let evaluated = rows * samplesAtOnce
    latent = Matrix(rows: evaluated, columns: d)
    action = Matrix(rows: evaluated, columns: d)
    actionGradient = Matrix(rows: evaluated, columns: d)
    logDensity = Vector(count: evaluated)
    values = Vector(count: rows)
    meanGradient = Matrix(rows: rows, columns: d)
    logStdGradient = Matrix(rows: rows, columns: d)
    logProbability = Vector(count: rows)
    firstAction = Matrix(rows: rows, columns: d)
    firstLogProbability = Vector(count: rows)
    firstValue = Vector(count: rows)
  }

  /// - Parameters:
  ///   - mean, logStd: μ and ℓ, [rows, actions].
  ///   - noise: ξ of each evaluation, [rows · samples at once, actions] each, standard normal.
  package func evaluate(mean: Matrix<S>, logStd: Matrix<S>, noise: [Matrix<S>], alpha: Double) {
    values.fill(0)
    logProbability.fill(0)
    meanGradient.fill(0)
    logStdGradient.fill(0)
    let share = 1 / S(noise.count * (latent.rows / rows))
    // By index: iterators of generic elements allocate.
    for index in 0..<noise.count {
      draw(mean, logStd, noise[index])
      action.setSquashed(latent)
      latent.subtractSquashingCorrection(from: logDensity)
      surface.evaluate(actions: action)
      surface.actionGradient(into: actionGradient)
      add(logStd, noise[index], surface.values, alpha: S(alpha), share: share)
      if index == 0 {
        firstAction.copy(from: action.rows(0..<rows))
        firstLogProbability.copy(from: logDensity[0..<rows])
        firstValue.copy(from: surface.values[0..<rows])
      }
    }
  }

  // log N(u; μ, σ) = Σ (−½ξ² − ℓ − ½ log 2π)
  @specialized(where S == Float)
  @specialized(where S == Double)
  private func draw(_ mean: Matrix<S>, _ logStd: Matrix<S>, _ noise: Matrix<S>) {
    let halfLogTwoPi = S(0.918_938_533_204_672_7)
    for row in 0..<latent.rows {
      let state = row % rows
      let u = latent.pointer + row * latent.stride
      let mu = mean.pointer + state * mean.stride
      let l = logStd.pointer + state * logStd.stride
      let xi = noise.pointer + row * noise.stride
      var density: S = 0
      for j in 0..<latent.columns {
        u[j] = mu[j] + S.exp(l[j]) * xi[j]
        density += -xi[j] * xi[j] / 2 - l[j] - halfLogTwoPi
      }
      logDensity.pointer[row] = density
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func add(_ logStd: Matrix<S>, _ noise: Matrix<S>, _ q: Vector<S>, alpha: S, share: S) {
    let d = action.columns
    let prior = S(d) * S(0.693_147_180_559_945_3)
    for row in 0..<action.rows {
      let a = action.pointer + row * action.stride
      let slope = actionGradient.pointer + row * actionGradient.stride
      let state = row % rows
      let l = logStd.pointer + state * logStd.stride
      let xi = noise.pointer + row * noise.stride
      let byMean = meanGradient.pointer + state * meanGradient.stride
      let byLogStd = logStdGradient.pointer + state * logStdGradient.stride
      for j in 0..<d {
        let rise = (1 - a[j] * a[j]) * slope[j] - 2 * alpha * a[j]
        byMean[j] -= share * rise
        byLogStd[j] -= share * (S.exp(l[j]) * xi[j] * rise + alpha)
      }
      let density = logDensity.pointer[row]
      values.pointer[state] += share * (q.pointer[row] - alpha * (density + prior))
      logProbability.pointer[state] += share * density
    }
  }
}
