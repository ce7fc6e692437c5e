import LinearAlgebra
import Random
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct ExponentialTests {
  @Test(arguments: Kernel.available)
  func `exp stays within 2 ulp of the exact value over all finite results`(_ kernel: Kernel) {
    let x = (0..<200_000).map { Float(-87.3 + 176.0 * Double($0) / 200_000) }
    let worst = zip(x, changed(x) { kernel.table.pointee.exponential($0, $1) }).map { x, found in
      let exact = exp(Double(x))
      return abs(Double(found) - exact) / Double(Float(exact).ulp)
    }.max()
    #expect(worst.map { $0 < 2 } == true)
  }

  @Test(arguments: Kernel.available)
  func `its ends are 0, 1, infinity and NaN`(_ kernel: Kernel) {
    func f(_ x: Float) -> Float { changed([x]) { kernel.table.pointee.exponential($0, $1) }[0] }
    #expect(f(0) == 1)
    #expect(f(-.infinity) == 0 && f(-1000) == 0)
    #expect(f(.infinity) == .infinity && f(1000) == .infinity && f(88.7).isFinite)
    #expect(f(.nan).isNaN)
  }

  @Test func `activations agree with the scalar functions at every width`() {
    for columns in 1...19 {
      let x = Matrix<Float>(rows: 2, columns: columns)
      for row in 0..<2 { for column in 0..<columns { x[row, column] = Float(column) - 7.5 + Float(row) } }
      let elu = Matrix<Float>(rows: 2, columns: columns), sigmoid = Matrix<Float>(rows: 2, columns: columns)
      elu.copy(from: x)
      sigmoid.copy(from: x)
      elu.applyELU()
      sigmoid.applySigmoid()
      for row in 0..<2 {
        for column in 0..<columns {
          let value = x[row, column]
          #expect(abs(elu[row, column] - (value > 0 ? value : expm1(value))) < 2e-7)
          #expect(abs(sigmoid[row, column] - 1 / (1 + exp(-value))) < 2e-7)
        }
      }
    }
  }
}

/// What becomes of some numbers.
func changed(_ x: [Float], _ change: (UnsafeMutablePointer<Float>, Int) -> Void) -> [Float] {
  var x = x
  x.withUnsafeMutableBufferPointer { change($0.baseAddress!, $0.count) }
  return x
}
