/// The determinant of a square matrix, by elimination with pivots.
func determinant(_ columns: [[Double]]) -> Double {
  var m = columns
  var result = 1.0
  for pivot in m.indices {
    let row = (pivot..<m.count).max { abs(m[$0][pivot]) < abs(m[$1][pivot]) } ?? pivot
    if row != pivot {
      m.swapAt(row, pivot)
      result = -result
    }
    result *= m[pivot][pivot]
    for other in pivot + 1..<m.count {
      let factor = m[other][pivot] / m[pivot][pivot]
      for column in pivot..<m.count { m[other][column] -= factor * m[pivot][column] }
    }
  }
  return result
}
