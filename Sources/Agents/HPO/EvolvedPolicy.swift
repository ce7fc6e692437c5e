import LinearAlgebra
import NeuralNetworks

/// The Hamiltonian policy: (a₀, p₀) from a base policy and the momentum's Gaussian, evolved into (a_K, p_K) by the leapfrog (paper §IV-A,
/// Algorithm 2).
package final class EvolvedPolicy<S: Scalar>: Policy {
  private let base: LatentGaussian<S>
  private let coordinates: any LeapfrogCoordinates<S>
  private let force: any LeapfrogForce<S>
  private let leapfrog: LeapfrogOperator<S>
  private let evolvingMomentum: PolicyMomentum<S>
  private let temperature: Temperature

  /// a₀, [rows, actions].
  package let baseAction: Matrix<S>
  package let logProbability: Vector<S>
  private var observations: Matrix<S>
  private let positionGradient: Matrix<S>
  private let momentumGradient: Matrix<S>

  init(
    _ base: LatentGaussian<S>, coordinates: any LeapfrogCoordinates<S>, force: any LeapfrogForce<S>,
    leapfrog: LeapfrogOperator<S>, momentum: PolicyMomentum<S>, temperature: Temperature
  ) {
    self.base = base
    self.coordinates = coordinates
    self.force = force
    self.leapfrog = leapfrog
    evolvingMomentum = momentum
    self.temperature = temperature
    let (rows, d) = (base.latent.rows, base.latent.columns)
    baseAction = Matrix(rows: rows, columns: d)
    logProbability = Vector(count: rows)
    observations = Matrix(rows: 0, columns: 0)
    positionGradient = Matrix(rows: rows, columns: d)
    momentumGradient = Matrix(rows: rows, columns: d)
  }

  /// a_K, [rows, actions].
  package var action: Matrix<S> { coordinates.action }
  package var momentum: PolicyMomentum<S>? { evolvingMomentum }

  /// Draws a₀ and p₀ and takes K leapfrog steps. The surface that drives them has begun at these states.
  package func sample(observations: Matrix<S>, noise: PolicyNoise<S>) {
    begin(observations: observations, noise: noise)
    leapfrog.evolve(position: coordinates.position, momentum: evolvingMomentum.current, under: force)
    coordinates.setAction()
    logProbability.copy(from: base.logDensity)
    coordinates.subtractSquashingCorrection(from: logProbability, latent: base.latent)
    if leapfrog.isTempered { logProbability.add(-leapfrog.logDeterminant) }
  }

  /// a₀ ~ π_θ(·|s) and p₀ ~ N(0, β⁻¹I), from which the leapfrog then moves.
  private func begin(observations: Matrix<S>, noise: PolicyNoise<S>) {
    self.observations = observations
    base.sample(observations: observations, noise: noise.action)
    baseAction.setSquashed(base.latent)
    coordinates.start(at: base.latent, baseAction: baseAction, into: coordinates.position)
    evolvingMomentum.draw(noise.momentum)
    force.prepare(observations: observations)
  }

  package func backward(actionGradient: Matrix<S>, share: Double) {
    let entropyScale = S(temperature.alpha * share)
    positionGradient.set(actionGradient, scaledBy: S(-share))
    momentumGradient.set(evolvingMomentum.current, scaledBy: S(evolvingMomentum.weight(alpha: temperature.alpha) * share))
    coordinates.actionToPosition(positionGradient, correctionScale: entropyScale)
    force.beginBackward()
    leapfrog.backward(
      positionGradient: positionGradient, momentumGradient: momentumGradient,
      logDeterminantGradient: -entropyScale * S(logProbability.count), under: force)
    force.finishBackward(observations: observations)
    coordinates.positionToLatent(positionGradient, baseAction: baseAction, correctionScale: entropyScale)
    base.backward(latentGradient: positionGradient, logDensityGradient: entropyScale)
  }

  package var trained: [ParameterGradient<S>] { base.trained + force.trained + leapfrog.trained }

  /// Measures what the steps of the last draw did.
  /// - Parameter surface: what drove them, evaluated at ``action``; evaluated at a₀ afterwards.
  func measure(_ diagnostics: OperatorDiagnostics<S>, surface: ActionValueSurface<S>) {
    diagnostics.begin(values: surface.values, logProbability: logProbability)
    let start = diagnostics.start
    coordinates.start(at: base.latent, baseAction: baseAction, into: start)
    coordinates.evaluate(at: start)
    diagnostics.startLogProbability.copy(from: base.logDensity)
    base.latent.subtractSquashingCorrection(from: diagnostics.startLogProbability)
    diagnostics.finish(
      end: coordinates.position, slope: coordinates.gradient, momentum: evolvingMomentum, reach: leapfrog.reach,
      startValues: surface.values, alpha: temperature.alpha)
  }

  /// Σ of σ_h at a_K over rows and components; 0 of a force without a gate.
  func gateSum() -> Double { (force as? ProposedForce<S>)?.gateSum() ?? 0 }
}

/// One step at a time, as Algorithm 3 goes.
extension EvolvedPolicy {
  /// Draws a₀ and p₀ and evaluates the force there.
  func beginSteps(observations: Matrix<S>, noise: PolicyNoise<S>) {
    begin(observations: observations, noise: noise)
    leapfrog.begin(at: coordinates.position, under: force)
  }

  /// Takes step number `step`, counted from 0, from where the momentum and ``action`` are now.
  func advance(_ step: Int) {
    leapfrog.advance(step, position: coordinates.position, momentum: evolvingMomentum.current, under: force)
    coordinates.setAction()
  }
}

extension Vector {
  /// self ← self + value.
  @specialized(where S == Float)
  @specialized(where S == Double)
  fileprivate func add(_ value: S) {
    for index in 0..<count { pointer[index] += value }
  }
}
