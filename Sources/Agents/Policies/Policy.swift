import LinearAlgebra
import NeuralNetworks
import Random

/// Something that makes actions of given noise, for a fixed number of states.
public protocol ActionSampler<S>: AnyObject {
  associatedtype S: Scalar

  /// Draws ``action`` for each state. Of a policy zero noise gives the evaluation action.
  /// - Parameter observations: [rows, observations]; must stay as it is until a backward pass.
  func sample(observations: Matrix<S>, noise: PolicyNoise<S>)

  /// a, [rows, actions].
  var action: Matrix<S> { get }
}

/// A stochastic policy on a fixed number of states, trained on the soft objective
///
///     J = E[Q(s, a) − α log π(a|s)]         less (αβ/2)·‖p_K‖² where actions are evolved (paper eq. 12).
///
/// It holds what the way back needs, so each thread has its own; parameters are shared.
public protocol Policy<S>: ActionSampler {
  /// log π as it stands in the objective, [rows], nats.
  var logProbability: Vector<S> { get }
  /// a₀, from which ``ActionSampler/action`` was evolved; the action itself where nothing evolves it. [rows, actions].
  var baseAction: Matrix<S> { get }
  /// p₀ and p_K of an evolved policy.
  var momentum: PolicyMomentum<S>? { get }

  /// ∂(−J)/∂parameters, J being `share` times the sum over the rows of the last ``ActionSampler/sample(observations:noise:)``.
  /// - Parameter actionGradient: ∇ₐQ at ``ActionSampler/action``, [rows, actions].
  func backward(actionGradient: Matrix<S>, share: Double)

  /// What is trained, and where ``backward(actionGradient:share:)`` leaves the gradients.
  var trained: [ParameterGradient<S>] { get }
}

extension Policy {
  public var baseAction: Matrix<S> { action }
  public var momentum: PolicyMomentum<S>? { nil }
}

/// The standard normal numbers of one draw from a policy.
public struct PolicyNoise<S: Scalar> {
  /// ξ of a₀, [rows, actions].
  public let action: Matrix<S>
  /// For p₀, where actions are evolved, [rows, actions].
  public let momentum: Matrix<S>

  /// Zeros: the noise of evaluation.
  public init(rows: Int, actionSize: Int) {
    action = Matrix(rows: rows, columns: actionSize)
    momentum = Matrix(rows: rows, columns: actionSize)
  }

  init(action: Matrix<S>, momentum: Matrix<S>) {
    self.action = action
    self.momentum = momentum
  }

  /// A view of some rows.
  public func rows(_ range: Range<Int>) -> PolicyNoise {
    PolicyNoise(action: action.rows(range), momentum: momentum.rows(range))
  }

  public func draw(using generator: inout SeededGenerator) {
    action.fillStandardNormal(using: &generator)
    momentum.fillStandardNormal(using: &generator)
  }
}
