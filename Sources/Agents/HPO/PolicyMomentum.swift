import LinearAlgebra

/// p₀ ~ N(0, β⁻¹I) of an evolved policy and what the leapfrog makes of it, with its part in the objective.
public final class PolicyMomentum<S: Scalar> {
  /// p₀, [rows, actions].
  public let initial: Matrix<S>
  /// p, [rows, actions]: p_K after the evolution.
  public let current: Matrix<S>
  /// Whether p₀ is drawn at all; otherwise it is 0, β staying what it is.
  let isDrawn: Bool
  /// 1/√β.
  private let std: Double
  private let initialSquares: Vector<S>
  private let squares: Vector<S>

  init(std: Double, kind: MomentumKind, actionSize: Int, rows: Int) {
    self.std = std
    isDrawn = kind != .zero
    initial = Matrix(rows: rows, columns: actionSize)
    current = Matrix(rows: rows, columns: actionSize)
    initialSquares = Vector(count: rows)
    squares = Vector(count: rows)
  }

  /// p ← p₀ ← noise/√β.
  func draw(_ noise: Matrix<S>) {
    initial.set(noise, scaledBy: isDrawn ? S(std) : 0)
    current.copy(from: initial)
  }

  /// p ← p + noise/√β.
  func add(_ noise: Matrix<S>) {
    if isDrawn { current.add(noise, scaledBy: S(std)) }
  }

  /// αβ: ∂/∂p of (αβ/2)‖p‖² is this times p.
  func weight(alpha: Double) -> Double { alpha / (std * std) }

  /// values ← values − (αβ/2)(‖p‖² − ‖p₀‖²), [rows].
  func subtractKineticGain(from values: Vector<S>, alpha: Double) {
    initial.squaredNorms(into: initialSquares)
    current.squaredNorms(into: squares)
    values.subtract(squares, less: initialSquares, scaledBy: S(weight(alpha: alpha) / 2))
  }

  /// Σ (αβ/2)‖p‖² over the rows.
  func kineticSum(alpha: Double) -> Double {
    current.squaredNorms(into: squares)
    return weight(alpha: alpha) / 2 * squares.sum()
  }

  /// Σ ‖p‖ over the rows.
  func sumOfNorms() -> Double {
    current.squaredNorms(into: squares)
    return squares.sumOfRoots()
  }
}

extension Vector {
  /// self ← self − scale·(a − b).
  @specialized(where S == Float)
  @specialized(where S == Double)
  fileprivate func subtract(_ a: Vector, less b: Vector, scaledBy scale: S) {
    demand(a.count == count && b.count == count, "\(a.count) less \(b.count) values from \(count)")
    for index in 0..<count { pointer[index] -= scale * (a.pointer[index] - b.pointer[index]) }
  }

  /// Σ √x.
  @specialized(where S == Float)
  @specialized(where S == Double)
  fileprivate func sumOfRoots() -> Double {
    var sum = 0.0
    for index in 0..<count { sum += Double(pointer[index].squareRoot()) }
    return sum
  }
}
