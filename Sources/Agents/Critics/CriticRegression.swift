import LinearAlgebra
import NeuralNetworks

/// A critic, its activations on some rows and its gradient: regression of Q(s, a) on given targets.
public final class CriticRegression<S: Scalar> {
  private let critic: MultilayerPerceptron<S>
  private let gradient: MultilayerPerceptron<S>
  private let tape: MultilayerPerceptron<S>.Tape
  private let outputGradient: Matrix<S>
  private let name: String
  /// Σ (Q − y)² over the rows, of the last ``setGradient(stateActions:targets:batchSize:)``.
  public private(set) var squaredError = 0.0

  public init(_ critic: TargetedCritic<S>, rows: Int) {
    self.critic = critic.online
    name = critic.name
    gradient = critic.online.zeros()
    tape = MultilayerPerceptron.Tape(critic.online, rows: rows)
    outputGradient = Matrix(rows: rows, columns: 1)
  }

  /// Q(s, a) of the last call, [rows].
  public var values: Vector<S> { tape.output.elements }

  /// Where the gradient goes.
  public var trained: ParameterGradient<S> { ParameterGradient(name, critic.parameters, gradient: gradient.parameters) }

  /// Gradient of mean (Q − y)² over the batch, of which these rows are a share; no factor ½.
  public func setGradient(stateActions: Matrix<S>, targets: Vector<S>, batchSize: Int) {
    critic.forward(stateActions, tape)
    squaredError = setErrors(targets, scale: 2 / S(batchSize))
    critic.backward(outputGradient: outputGradient, tape, gradient: gradient)
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

/// Both critics' regression on the same targets.
public final class TwinRegression<S: Scalar> {
  public let first: CriticRegression<S>
  public let second: CriticRegression<S>

  public init(_ critics: TwinCritics<S>, rows: Int) {
    first = CriticRegression(critics.first, rows: rows)
    second = CriticRegression(critics.second, rows: rows)
  }

  public var trained: [ParameterGradient<S>] { [first.trained, second.trained] }

  /// Gradients of both losses, one term per critic.
  public func setGradients(stateActions: Matrix<S>, targets: Vector<S>, batchSize: Int) {
    first.setGradient(stateActions: stateActions, targets: targets, batchSize: batchSize)
    second.setGradient(stateActions: stateActions, targets: targets, batchSize: batchSize)
  }

  /// Σ (Q₁ + Q₂)/2 over the rows.
  public func sumOfMeans() -> Double { (first.values.sum() + second.values.sum()) / 2 }
}

extension Vector {
  /// self ← r + γ(1 − done)·future. Where the episode is done the future is not looked at: a terminal state may be beyond what
  /// numbers can hold, and 0·NaN is NaN.
  @specialized(where S == Float)
  @specialized(where S == Double)
  func setTargets(rewards: Vector, terminals: Vector, futures: Vector, gamma: S) {
    for row in 0..<count {
      let isDone = terminals.pointer[row] == 1
      pointer[row] =
        isDone
        ? rewards.pointer[row] : rewards.pointer[row] + gamma * (1 - terminals.pointer[row]) * futures.pointer[row]
    }
  }
}
