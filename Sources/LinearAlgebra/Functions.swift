import RealModule
import Support

// Nonlinear functions over whole matrices: shapes are checked here, the arithmetic is in RowKernels.

extension Matrix {
  @inline(__always)
  private func forEachRow(_ body: (UnsafeMutablePointer<S>) -> Void) {
    for row in 0..<rows { body(pointer + row * stride) }
  }

  @inline(__always)
  private func forEachRow(with other: Matrix, _ body: (UnsafeMutablePointer<S>, UnsafePointer<S>) -> Void) {
    demand(other.rows == rows && other.columns == columns, "\(other.shape) does not go with \(shape)")
    for row in 0..<rows { body(pointer + row * stride, UnsafePointer(other.pointer + row * other.stride)) }
  }

  /// self ← max(self, 0).
  public func applyReLU() { forEachRow { S.rectify($0, columns) } }

  /// self ← x for x > 0, eˣ − 1 otherwise.
  public func applyELU() { forEachRow { S.elu($0, columns) } }

  /// self ← 1/(1 + e⁻ˣ).
  public func applySigmoid() { forEachRow { S.sigmoid($0, columns) } }

  /// self ← tanh(self).
  @specialized(where S == Float)
  @specialized(where S == Double)
  public func applyTanh() {
    for row in 0..<rows {
      let line = pointer + row * stride
      for column in 0..<columns { line[column] = S.tanh(line[column]) }
    }
  }

  /// self ← self where `output` is positive, 0 elsewhere: ReLU's derivative.
  /// - Parameter rows: which row of `output` each row belongs to; the same one without a list.
  public func multiplyByReLUDerivative(output: Matrix, rows list: RowList? = nil) {
    demand(
      output.columns == columns && (list?.count ?? output.rows) == rows, "\(output.shape) does not go with \(shape)")
    for row in 0..<rows {
      let other = list.map { Int($0.storage[row]) } ?? row
      S.keepWherePositive(pointer + row * stride, output.pointer + other * output.stride, columns)
    }
  }

  /// self ← self · (1 where y > 0, y + 1 elsewhere): ELU's derivative by its output.
  public func multiplyByELUDerivative(output: Matrix) {
    forEachRow(with: output) { S.multiplyByELUDerivative($0, $1, columns) }
  }

  /// self ← self · y(1 − y): the sigmoid's derivative by its output.
  @specialized(where S == Float)
  @specialized(where S == Double)
  public func multiplyBySigmoidDerivative(output: Matrix) {
    forEachRow(with: output) { x, y in
      for column in 0..<columns { x[column] *= y[column] * (1 - y[column]) }
    }
  }

  /// self ← self · (1 − y²): tanh's derivative by its output.
  @specialized(where S == Float)
  @specialized(where S == Double)
  public func multiplyByTanhDerivative(output: Matrix) {
    forEachRow(with: output) { x, y in
      for column in 0..<columns { x[column] *= 1 - y[column] * y[column] }
    }
  }
}
