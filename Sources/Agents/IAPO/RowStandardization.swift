import LinearAlgebra

extension Matrix {
  /// Row r of self ← N(z) = (z − mean z)/(std z + 10⁻⁷) with z row r of `values`, the deviation with d − 1. A row of equal components
  /// gives exactly 0; a single component is left as it is.
  ///
  /// Not differentiated: it makes inputs of an optimiser, which are constants.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package func setStandardizedRows(of values: Matrix) {
    demand(values.rows == rows && values.columns == columns, "standardising \(values.shape) into \(shape)")
    if columns == 1 {
      copy(from: values)
      return
    }
    for row in 0..<rows {
      let z = values.pointer + row * values.stride
      let line = pointer + row * stride
      // Differences from the first: their mean is exactly 0 where all are equal, and few digits cancel where they nearly are.
      var sum: S = 0
      for column in 0..<columns { sum += z[column] - z[0] }
      let mean = sum / S(columns)
      var squares: S = 0
      for column in 0..<columns {
        let centred = z[column] - z[0] - mean
        line[column] = centred
        squares += centred * centred
      }
      let scale = (squares / S(columns - 1)).squareRoot() + S(1e-7)
      for column in 0..<columns { line[column] /= scale }
    }
  }
}
