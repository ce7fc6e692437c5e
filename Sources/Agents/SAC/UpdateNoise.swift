import LinearAlgebra
import Random

/// The standard normal numbers that one update draws, [batch, actions] each.
public struct UpdateNoise<S: Scalar> {
  /// Of (a₀, p₀) in the objective.
  public let now: PolicyNoise<S>
  /// Of (a′₀, p′₀) in the critics' targets.
  public let next: PolicyNoise<S>

  init(rows: Int, actionSize: Int) {
    now = PolicyNoise(rows: rows, actionSize: actionSize)
    next = PolicyNoise(rows: rows, actionSize: actionSize)
  }

  private init(now: PolicyNoise<S>, next: PolicyNoise<S>) {
    self.now = now
    self.next = next
  }

  /// A view of some rows.
  func rows(_ range: Range<Int>) -> UpdateNoise { UpdateNoise(now: now.rows(range), next: next.rows(range)) }

  /// Draws the numbers, those for momenta only where there are such.
  func draw(momentum hasMomentum: Bool, using generator: inout SeededGenerator) {
    now.action.fillStandardNormal(using: &generator)
    next.action.fillStandardNormal(using: &generator)
    if hasMomentum {
      now.momentum.fillStandardNormal(using: &generator)
      next.momentum.fillStandardNormal(using: &generator)
    }
  }

  /// As probes name them.
  var named: [(name: String, values: Matrix<S>)] {
    [
      ("policy_noise", now.action), ("momentum_noise", now.momentum), ("next_policy_noise", next.action),
      ("next_momentum_noise", next.momentum),
    ]
  }
}
