import LinearAlgebra
import NeuralNetworks

/// A critic, its activations on a lane's rows and its gradient: regression of Q(s, a) on given targets.
final class CriticRegression<S: Scalar> {
  let critic: MultilayerPerceptron<S>
  let gradient: MultilayerPerceptron<S>
  private let tape: MultilayerPerceptron<S>.Tape
  private let outputGradient: Matrix<S>

  init(_ critic: MultilayerPerceptron<S>, rows: Int) {
    self.critic = critic
    gradient = critic.zeros()
    tape = MultilayerPerceptron.Tape(critic, rows: rows)
    outputGradient = Matrix(rows: rows, columns: 1)
  }

  /// Q(s, a) of the last call, [rows].
  var values: Vector<S> { tape.output.elements }

  /// Gradient of mean (Q − y)² over the batch, of which these rows are a share; no factor ½.
  /// - Returns: Σ (Q − y)² over the rows.
  func setGradient(stateActions: Matrix<S>, targets: Vector<S>, batchSize: Int) -> Double {
    critic.forward(stateActions, tape)
    let sum = setErrors(targets, scale: 2 / S(batchSize))
    critic.backward(outputGradient: outputGradient, tape, gradient: gradient)
    return sum
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func setErrors(_ targets: Vector<S>, scale: S) -> Double {
    let q = tape.output.pointer
    var sum = 0.0
    for row in 0..<targets.count {
      let error = q[row] - targets.pointer[row]
      outputGradient.pointer[row] = scale * error
      sum += Double(error * error)
    }
    return sum
  }
}

extension UpdateLane {
  /// ∂/∂critics of the critics' losses, on this lane's rows.
  func setCriticGradients() {
    setTargets()
    sums.critic1Loss = critic1.setGradient(stateActions: stateActions, targets: targets, batchSize: batchSize)
    sums.critic2Loss = critic2.setGradient(stateActions: stateActions, targets: targets, batchSize: batchSize)
    sums.q = (critic1.values.sum() + critic2.values.sum()) / 2
    if let costCritic {
      sums.costCriticLoss = costCritic.setGradient(
        stateActions: stateActions, targets: costTargets, batchSize: batchSize)
    }
  }

  // y   = r + γ(1 − done)·[min Q̄(s′, a′_K) − α log π_θ(a′₀|s′) − (αβ/2)(‖p′_K‖² − ‖p′₀‖²)]
  // y_C = c + γ(1 − done)·Q̄_C(s′, a′_K)
  private func setTargets() {
    policy.sample(
      observations: nextObservations, noise: nextPolicyNoise, momentumNoise: nextMomentumNoise,
      momentumStd: settings.momentumStdTraining)
    if !evolvesOnTargets {
      targetValue.prepare(observations: nextObservations)
      targetValue.evaluate(actions: policy.action)
      targetCost?.prepare(observations: nextObservations)
      targetCost?.evaluate(actions: policy.action)
    }
    policy.momentum.squaredNorms(into: squaredMomentum)
    policy.initialMomentum.squaredNorms(into: squaredInitialMomentum)
    let hasMomentum = policy.isEvolved && settings.momentumInValue
    softValues.setSoftValues(
      targetValue.values, logProbabilities: policy.logProbability, squaredMomentum, squaredInitialMomentum,
      alpha: S(temperature.alpha), halfAlphaBeta: hasMomentum ? S(halfAlphaBeta) : 0)
    targets.setTargets(rewards: rewards, terminals: terminals, futures: softValues, gamma: S(settings.gamma))
    if let targetCost {
      costTargets.setTargets(rewards: costs, terminals: terminals, futures: targetCost.values, gamma: S(settings.gamma))
    }
  }

  /// αβ/2 with the training momentum's β = 1/std².
  var halfAlphaBeta: Double {
    temperature.alpha / (2 * settings.momentumStdTraining * settings.momentumStdTraining)
  }
}

extension Vector {
  /// self ← V − α log π − (αβ/2)(‖p_K‖² − ‖p₀‖²).
  @specialized(where S == Float)
  @specialized(where S == Double)
  fileprivate func setSoftValues(
    _ values: Vector, logProbabilities: Vector, _ squaredMomentum: Vector, _ squaredInitialMomentum: Vector, alpha: S,
    halfAlphaBeta: S
  ) {
    for row in 0..<count {
      let kinetic = halfAlphaBeta * (squaredMomentum.pointer[row] - squaredInitialMomentum.pointer[row])
      pointer[row] = values.pointer[row] - alpha * logProbabilities.pointer[row] - kinetic
    }
  }

  /// self ← r + γ(1 − done)·future. Where the episode is done the future is not looked at: a terminal state may be beyond what
  /// numbers can hold, and 0·NaN is NaN.
  @specialized(where S == Float)
  @specialized(where S == Double)
  fileprivate func setTargets(rewards: Vector, terminals: Vector, futures: Vector, gamma: S) {
    for row in 0..<count {
      let isDone = terminals.pointer[row] == 1
      pointer[row] =
        isDone
        ? rewards.pointer[row] : rewards.pointer[row] + gamma * (1 - terminals.pointer[row]) * futures.pointer[row]
    }
  }
}
