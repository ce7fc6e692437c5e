import LinearAlgebra
import NeuralNetworks
import RealModule

/// Learned tempering of the leapfrog: after step k the momentum is multiplied by τ_k = sigmoid(w_k).
///
/// A volume-preserving flow cannot raise the bound that it is trained on by more than its start allows; cooling can. The Jacobian of a
/// step is τ_k^d, so wherever log π(a₀|s) stands for the density of (a_K, p_K), −d·Σ log τ_k is added to it.
/// - Source: Caterini, Doucet and Sejdinovic 2018, arXiv:1805.11328 (Hamiltonian variational auto-encoder), with free factors.
public struct Tempering<S: Scalar> {
  /// `log_odds` [K]: w_k.
  public let parameters: ParameterSet<S>

  /// Where w starts: τ = 0.88.
  public static var initialLogOdds: Double { 2 }

  public init(steps: Int) {
    demand(steps > 0, "tempering needs leapfrog steps, not \(steps)")
    parameters = ParameterSet([("log_odds", [steps])])
    parameters.values.fill(S(Self.initialLogOdds))
  }

  /// Zeros of the same form: where a gradient goes.
  func zeros() -> Tempering {
    let zeros = Tempering(steps: parameters.count)
    zeros.parameters.values.fill(0)
    return zeros
  }

  /// Which parameter serves a step: beyond K, which Algorithm 3 may go, the last.
  func index(_ step: Int) -> Int { min(step, parameters.count - 1) }

  /// τ of a step, counted from 0.
  public func factor(_ step: Int) -> S {
    let odds = parameters.values.pointer[index(step)]
    return 1 / (1 + S.exp(-odds))
  }

  /// log τ of a step, in a form that stays finite where τ itself is 0.
  public func logFactor(_ step: Int) -> S {
    let odds = parameters.values.pointer[index(step)]
    return -(max(-odds, 0) + S.log(onePlus: S.exp(-abs(odds))))
  }
}
