import LinearAlgebra
import RealModule

/// What happens where a leapfrog step carries an action out of [-1, 1]^d. The paper is silent; the choice is a setting.
public enum Boundary: String, Sendable, CaseIterable {
  /// Clamp the action; its gradient is zero where clamped; the momentum is left alone.
  case clip
  /// Bounce off the wall, as HMC treats box constraints: volume-preserving and reversible.
  case reflect
  /// Move u, where a = tanh u: there are no walls.
  case latent
  /// No rule: dynamics and critics see what lies outside; what is applied is cut to the box, once, at the end.
  case unbounded = "none"
}

extension Matrix {
  /// self ← self + ε·momentum, then the boundary's rule. `factors` receives what the way back multiplies by: for `clip` 0 where
  /// clamped and 1 elsewhere, for `reflect` −1 where the movement was turned round and 1 elsewhere.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package func drift(along momentum: Matrix, stepSize: S, boundary: Boundary, factors: Matrix) {
    for row in 0..<rows {
      let a = pointer + row * stride
      let p = momentum.pointer + row * momentum.stride
      let factor = factors.pointer + row * factors.stride
      for column in 0..<columns {
        let moved = a[column] + stepSize * p[column]
        switch boundary {
        case .latent, .unbounded:
          a[column] = moved
        case .clip:
          let isInside = moved >= -1 && moved <= 1
          a[column] = isInside ? moved : (moved < -1 ? -1 : (moved > 1 ? 1 : moved))
          factor[column] = isInside ? 1 : 0
        case .reflect:
          // Unfolded, the walls mirror the line with period 4.
          let y = (moved + 1) - 4 * ((moved + 1) / 4).rounded(.down)
          let isTurned = y > 2
          a[column] = isTurned ? 3 - y : y - 1
          if isTurned { p[column] = -p[column] }
          factor[column] = isTurned ? -1 : 1
        }
      }
    }
  }

  /// Back through ``drift(along:stepSize:boundary:factors:)``, self being ∂L/∂(position after):
  /// momentumGradient ← ∂L/∂(momentum before), self ← ∂L/∂(position before).
  @specialized(where S == Float)
  @specialized(where S == Double)
  func driftBackward(momentumGradient: Matrix, stepSize: S, boundary: Boundary, factors: Matrix) {
    for row in 0..<rows {
      let da = pointer + row * stride
      let dp = momentumGradient.pointer + row * momentumGradient.stride
      let factor = factors.pointer + row * factors.stride
      for column in 0..<columns {
        switch boundary {
        case .latent, .unbounded: break
        case .clip: da[column] *= factor[column]
        case .reflect:
          da[column] *= factor[column]
          dp[column] *= factor[column]
        }
        dp[column] += stepSize * da[column]
      }
    }
  }
}
