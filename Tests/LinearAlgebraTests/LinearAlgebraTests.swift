import LinearAlgebra
import Random
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct ProductTests {
  static let shapes = [(1, 5, 3), (4, 1, 3), (4, 5, 1), (1, 1, 7), (3, 4, 5), (33, 17, 65)]

  @Test(arguments: shapes)
  func `every kind of product matches the definition, on whole matrices and on views`(_ shape: (Int, Int, Int)) {
    let (m, n, k) = shape
    var generator = SeededGenerator(seed: 1)
    // Views with a gap after each row, so that strides matter.
    func random(_ rows: Int, _ columns: Int) -> Matrix<Double> {
      let matrix = Matrix<Double>(rows: rows, columns: columns + 3).columns(1..<columns + 1)
      for row in 0..<rows { for column in 0..<columns { matrix[row, column] = generator.uniform(-1, 1) } }
      return matrix
    }
    func flipped(_ a: Matrix<Double>) -> Matrix<Double> {
      let result = Matrix<Double>(rows: a.columns, columns: a.rows)
      for row in 0..<a.rows { for column in 0..<a.columns { result[column, row] = a[row, column] } }
      return result
    }
    let a = random(m, k), b = random(k, n), start = random(m, n)
    for accumulating in [false, true] {
      for kind in 0..<3 {
        let c = random(m, n)
        c.copy(from: start)
        switch kind {
        case 0: c.setProduct(a, b, accumulating: accumulating)
        case 1: c.setProduct(a, flipped(b).transposed, accumulating: accumulating)
        default: c.setProduct(flipped(a).transposed, b, accumulating: accumulating)
        }
        for row in 0..<m {
          for column in 0..<n {
            let expected = (0..<k).map { a[row, $0] * b[$0, column] }.reduce(accumulating ? start[row, column] : 0, +)
            #expect(abs(c[row, column] - expected) < 1e-13, "kind \(kind), accumulating \(accumulating)")
          }
        }
      }
    }
  }

  @Test func `products of shapes that do not fit stop the program and name the shapes`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Matrix<Float>(rows: 2, columns: 2).setProduct(Matrix<Float>(rows: 2, columns: 3), Matrix<Float>(rows: 4, columns: 2))
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains("[2, 2] can not hold [2, 3] × [4, 2]"), "\(message)")
  }
}

@Suite struct ExponentialTests {
  @Test func `eight-wide exp stays within 2 ulp of the exact value over all finite results`() {
    var worst = 0.0
    for index in 0..<200_000 {
      let x = Float(-87.3 + 176.0 * Double(index) / 200_000)
      let exact = exp(Double(x))
      let found = Float.exp8(SIMD8(repeating: x))[3]
      worst = max(worst, abs(Double(found) - exact) / Double(Float(exact).ulp))
    }
    #expect(worst < 2)
  }

  @Test func `its ends are 0, 1, infinity and NaN`() {
    func f(_ x: Float) -> Float { Float.exp8(SIMD8(repeating: x))[0] }
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
