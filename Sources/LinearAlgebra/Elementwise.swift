import Support

// Passes over memory that networks share. Each is compiled for Float and Double, whoever calls it.

extension Matrix {
  /// sums[c] ← Σ over rows, or sums[c] + Σ when `accumulating`.
  public func sumRows(into sums: Vector<S>, accumulating: Bool = false) {
    demand(sums.count == columns, "column sums of \(shape) into \(sums.count)")
    if !accumulating { sums.fill(0) }
    S.addRows(sums.pointer, pointer, rows: rows, columns: columns, stride: stride)
  }

  /// self ← self + scale·other.
  public func add(_ other: Matrix, scaledBy scale: S = 1) {
    demand(other.rows == rows && other.columns == columns, "adding \(other.shape) to \(shape)")
    for row in 0..<rows { S.add(pointer + row * stride, other.pointer + row * other.stride, scaledBy: scale, columns) }
  }

  /// self ← scale·other.
  @specialized(where S == Float)
  @specialized(where S == Double)
  public func set(_ other: Matrix, scaledBy scale: S) {
    demand(other.rows == rows && other.columns == columns, "copying \(other.shape) to \(shape)")
    for row in 0..<rows {
      let line = pointer + row * stride
      let source = other.pointer + row * other.stride
      for column in 0..<columns { line[column] = scale * source[column] }
    }
  }

  /// out[r] ← Σ over the row of squares, ‖row‖².
  @specialized(where S == Float)
  @specialized(where S == Double)
  public func squaredNorms(into out: Vector<S>) {
    demand(out.count == rows, "row norms of \(shape) into \(out.count)")
    for row in 0..<rows {
      let line = pointer + row * stride
      var sum: S = 0
      for column in 0..<columns { sum += line[column] * line[column] }
      out.pointer[row] = sum
    }
  }
}

extension Vector {
  /// Σ in Double, in order.
  @specialized(where S == Float)
  @specialized(where S == Double)
  public func sum() -> Double {
    var sum = 0.0
    for index in 0..<count { sum += Double(pointer[index]) }
    return sum
  }

  /// self ← self + other.
  public func add(_ other: Vector) {
    demand(other.count == count, "adding \(other.count) values to \(count)")
    S.add(pointer, other.pointer, scaledBy: 1, count)
  }

  /// Polyak averaging: self ← self + rate·(other − self).
  public func interpolate(towards other: Vector, rate: S) {
    demand(other.count == count, "averaging \(count) values with \(other.count)")
    S.interpolate(pointer, other.pointer, rate: rate, count)
  }

  /// Whether every value is finite; NaN and ±∞ are not.
  @specialized(where S == Float)
  @specialized(where S == Double)
  public func isFinite() -> Bool {
    // x − x is 0 for finite x and NaN otherwise, and a sum of zeros stays cheap.
    var sum: S = 0
    for index in 0..<count { sum += pointer[index] - pointer[index] }
    return sum == 0
  }
}
