import RealModule

// Nonlinear functions over whole matrices. Eight numbers at a time where it pays; the formula is the same for the rest.

extension Matrix {
  /// self ← f(self), eight elements at a time; the last few of a row travel padded with zeros.
  @inline(__always)
  func mapInPlace(_ f: (SIMD8<S>) -> SIMD8<S>) {
    for row in 0..<rows {
      let line = pointer + row * stride
      var column = 0
      while column + 8 <= columns {
        let x = UnsafeRawPointer(line + column).loadUnaligned(as: SIMD8<S>.self)
        UnsafeMutableRawPointer(line + column).storeBytes(of: f(x), as: SIMD8<S>.self)
        column += 8
      }
      if column < columns {
        var x = SIMD8<S>()
        for lane in 0..<columns - column { x[lane] = line[column + lane] }
        let y = f(x)
        for lane in 0..<columns - column { line[column + lane] = y[lane] }
      }
    }
  }

  /// self ← max(self, 0).
  @specialized(where S == Float)
  @specialized(where S == Double)
  public func applyReLU() {
    for row in 0..<rows {
      let line = pointer + row * stride
      // `>` rather than `max`: one instruction; NaN becomes 0 here but stays in the sums that made it.
      for column in 0..<columns { line[column] = line[column] < 0 ? 0 : line[column] }
    }
  }

  /// self ← max(self + bias, 0) in one pass.
  @specialized(where S == Float)
  @specialized(where S == Double)
  public func applyReLU(bias: Vector<S>) {
    demand(bias.count == columns, "a bias of \(bias.count) for \(shape)")
    for row in 0..<rows {
      let line = pointer + row * stride
      for column in 0..<columns {
        let x = line[column] + bias.pointer[column]
        line[column] = x < 0 ? 0 : x
      }
    }
  }

  /// self ← x for x > 0, eˣ − 1 otherwise.
  @specialized(where S == Float)
  @specialized(where S == Double)
  public func applyELU() {
    mapInPlace { x in
      let negative = S.exp8(x.replacing(with: 0, where: x .> 0)) - 1
      return negative.replacing(with: x, where: x .> 0)
    }
  }

  /// self ← 1/(1 + e⁻ˣ).
  @specialized(where S == Float)
  @specialized(where S == Double)
  public func applySigmoid() {
    mapInPlace { x in 1 / (1 + S.exp8(-x)) }
  }

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
  @specialized(where S == Float)
  @specialized(where S == Double)
  public func multiplyByReLUDerivative(output: Matrix) {
    demand(output.rows == rows && output.columns == columns, "outputs \(output.shape) for gradients \(shape)")
    for row in 0..<rows {
      let line = pointer + row * stride
      let y = output.pointer + row * output.stride
      for column in 0..<columns { line[column] = y[column] > 0 ? line[column] : 0 }
    }
  }

  /// self ← self · (1 where y > 0, y + 1 elsewhere): ELU's derivative by its output.
  @specialized(where S == Float)
  @specialized(where S == Double)
  public func multiplyByELUDerivative(output: Matrix) {
    demand(output.rows == rows && output.columns == columns, "outputs \(output.shape) for gradients \(shape)")
    for row in 0..<rows {
      let line = pointer + row * stride
      let y = output.pointer + row * output.stride
      for column in 0..<columns { line[column] *= y[column] > 0 ? 1 : y[column] + 1 }
    }
  }

  /// self ← self · y(1 − y): the sigmoid's derivative by its output.
  @specialized(where S == Float)
  @specialized(where S == Double)
  public func multiplyBySigmoidDerivative(output: Matrix) {
    demand(output.rows == rows && output.columns == columns, "outputs \(output.shape) for gradients \(shape)")
    for row in 0..<rows {
      let line = pointer + row * stride
      let y = output.pointer + row * output.stride
      for column in 0..<columns { line[column] *= y[column] * (1 - y[column]) }
    }
  }

  /// self ← self · (1 − y²): tanh's derivative by its output.
  @specialized(where S == Float)
  @specialized(where S == Double)
  public func multiplyByTanhDerivative(output: Matrix) {
    demand(output.rows == rows && output.columns == columns, "outputs \(output.shape) for gradients \(shape)")
    for row in 0..<rows {
      let line = pointer + row * stride
      let y = output.pointer + row * output.stride
      for column in 0..<columns { line[column] *= 1 - y[column] * y[column] }
    }
  }
}
