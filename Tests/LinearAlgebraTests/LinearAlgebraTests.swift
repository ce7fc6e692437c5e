import LinearAlgebra
import Random
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct ExponentialTests {
  @Test func `sixteen-wide exp stays within 2 ulp of the exact value over all finite results`() {
    var worst = 0.0
    for index in 0..<200_000 {
      let x = Float(-87.3 + 176.0 * Double(index) / 200_000)
      let exact = exp(Double(x))
      let found = Float.exp16(SIMD16(repeating: x))[3]
      worst = max(worst, abs(Double(found) - exact) / Double(Float(exact).ulp))
    }
    #expect(worst < 2)
  }

  @Test func `its ends are 0, 1, infinity and NaN`() {
    func f(_ x: Float) -> Float { Float.exp16(SIMD16(repeating: x))[0] }
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

@Suite struct WorkerPoolTests {
  @Test(arguments: [1, 2, 3])
  func `every lane runs exactly once, whatever the number of threads`(_ threads: Int) {
    let pool = WorkerPool(threads: threads)
    let counts = Vector<Double>(count: 5)
    for _ in 0..<1000 { pool.run(lanes: 5) { counts[$0] += 1 } }
    #expect(counts.array == [1000, 1000, 1000, 1000, 1000])
  }

  @Test func `workers that went to sleep wake for the next piece of work`() {
    let pool = WorkerPool(threads: 3, spinLimit: 0)  // workers sleep whenever they find nothing to do
    let counts = Vector<Double>(count: 3)
    for _ in 0..<2000 { pool.run(lanes: 3) { counts[$0] += 1 } }
    #expect(counts.array == [2000, 2000, 2000])
  }
}
