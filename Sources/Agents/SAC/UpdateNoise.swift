import LinearAlgebra
import Random

/// The standard normal numbers that one update draws, [batch, actions] each.
public final class UpdateNoise<S: Scalar> {
  /// ξ of a₀ ~ π_θ(·|s) in the objective.
  public let policy: Matrix<S>
  /// For p₀ in the objective.
  public let momentum: Matrix<S>
  /// The same two for a′ in the critics' target.
  public let nextPolicy: Matrix<S>
  public let nextMomentum: Matrix<S>

  init(rows: Int, actionSize: Int) {
    policy = Matrix(rows: rows, columns: actionSize)
    momentum = Matrix(rows: rows, columns: actionSize)
    nextPolicy = Matrix(rows: rows, columns: actionSize)
    nextMomentum = Matrix(rows: rows, columns: actionSize)
  }

  /// Draws the numbers of some rows; those for momenta only where there are such.
  func draw(rows: Range<Int>, momentum hasMomentum: Bool, using generator: inout SeededGenerator) {
    policy.rows(rows).fillStandardNormal(using: &generator)
    nextPolicy.rows(rows).fillStandardNormal(using: &generator)
    if hasMomentum {
      momentum.rows(rows).fillStandardNormal(using: &generator)
      nextMomentum.rows(rows).fillStandardNormal(using: &generator)
    }
  }
}
