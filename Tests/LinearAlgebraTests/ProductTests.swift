import LinearAlgebra
import Random
import Testing

@Suite struct ProductTests {
  /// Single rows and columns, shapes for BLAS, and shapes for tiles: every remainder of rows and columns, sums longer than a panel.
  static let shapes = [
    (1, 5, 3), (4, 1, 3), (4, 5, 1), (1, 1, 7), (3, 4, 5), (33, 17, 65), (24, 48, 1), (25, 49, 6), (26, 63, 17), (27, 64, 255),
    (28, 65, 256), (29, 50, 257), (37, 95, 23), (40, 71, 12), (45, 81, 7), (31, 48, 8), (64, 80, 600), (24, 48, 0), (5, 6, 0),
  ]

  @Test(arguments: shapes)
  func `every kind of product matches the definition in Double, on views with gaps`(_ shape: (Int, Int, Int)) {
    checkProducts(shape, Double.self) {
      $0.map { $0 * $1 }.reduce($1, +)
    } agree: {
      abs($0 - $1) < 1e-12
    }
  }

  /// Fused multiply-adds in order, one accumulator: the bits are the same on every machine that has them.
  @Test(arguments: Kernel.available.filter(Float.multiplies), shapes.filter { $0.0 >= 24 && $0.1 >= 48 })
  func `tiled products add their terms in order, each rounded once`(_ kernel: Kernel, _ shape: (Int, Int, Int)) {
    checkProducts(shape, Float.self, by: kernel) { terms, start in
      terms.reduce(start) { $0.addingProduct($1.0, $1.1) }
    } agree: {
      $0.bitPattern == $1.bitPattern
    }
  }

  @Test(arguments: Kernel.available, shapes)
  func `every kind of product matches the definition in Float`(_ kernel: Kernel, _ shape: (Int, Int, Int)) {
    checkProducts(shape, Float.self, by: kernel) { terms, start in
      Float(terms.reduce(Double(start)) { $0 + Double($1.0) * Double($1.1) })
    } agree: {
      abs($0 - $1) < 1e-5 * max(1, Float(shape.2).squareRoot())
    }
  }

  /// - Parameters:
  ///   - sum: of the terms' factors, and what it starts from.
  ///   - agree: of the found and the expected.
  private func checkProducts<S: Scalar>(
    _ shape: (Int, Int, Int), _: S.Type, by kernel: Kernel = .current, sum: ([(S, S)], S) -> S, agree: (S, S) -> Bool
  ) {
    let (m, n, k) = shape
    var generator = SeededGenerator(seed: 1)
    // Views with a gap after each row, so that strides matter.
    func random(_ rows: Int, _ columns: Int) -> Matrix<S> {
      let matrix = Matrix<S>(rows: rows, columns: columns + 3).columns(1..<columns + 1)
      for row in 0..<rows { for column in 0..<columns { matrix[row, column] = S(generator.uniform(-1, 1)) } }
      return matrix
    }
    func flipped(_ a: Matrix<S>) -> Matrix<S> {
      let result = Matrix<S>(rows: a.columns, columns: a.rows)
      for row in 0..<a.rows { for column in 0..<a.columns { result[column, row] = a[row, column] } }
      return result
    }
    let a = random(m, k), b = random(k, n), before = random(m, n), other = random(m, n), output = random(m + 3, n)
    let bias = Vector<S>((0..<n).map { _ in S(generator.uniform(-1, 1)) })
    let storage = UnsafeMutablePointer<Int32>.allocate(capacity: m)
    defer { storage.deallocate() }
    for row in 0..<m { storage[row] = Int32(row + min(3, row / 2)) }
    let starts: [(ProductStart<S>, (Int, Int) -> S)] = [
      (.zero, { _, _ in 0 }), (.result, { before[$0, $1] }), (.bias(bias), { bias[$1] }), (.matrix(other), { other[$0, $1] }),
    ]
    let finishes: [(ProductFinish<S>, (S, Int, Int) -> S)] = [
      (.nothing, { x, _, _ in x }), (.relu, { x, _, _ in x < 0 ? 0 : x }),
      (.keepWherePositive(output: output.rows(0..<m), rows: nil), { output[$1, $2] > 0 ? $0 : 0 }),
      (
        .keepWherePositive(output: output, rows: RowList(storage: storage, count: m)),
        { output[Int(storage[$1]), $2] > 0 ? $0 : 0 }
      ),
    ]
    var wrong: [String] = []
    for (start, initial) in starts {
      for (finish, finished) in finishes {
        for kind in 0..<3 {
          let c = random(m, n)
          c.copy(from: before)
          switch kind {
          case 0: c.setProduct(a, b, from: start, finish: finish, by: kernel)
          case 1: c.setProduct(a, flipped(b).transposed, from: start, finish: finish, by: kernel)
          default:
            // A transposed left-hand side only ever makes a weight's gradient.
            guard case .nothing = finish else { continue }
            c.setProduct(flipped(a).transposed, b, from: start, by: kernel)
          }
          for row in 0..<m {
            for column in 0..<n {
              let expected = finished(sum((0..<k).map { (a[row, $0], b[$0, column]) }, initial(row, column)), row, column)
              if !agree(c[row, column], expected) {
                wrong.append("kind \(kind), \(start), \(finish), [\(row), \(column)]: \(c[row, column]), not \(expected)")
              }
            }
          }
        }
      }
    }
    #expect(wrong.isEmpty, "\(wrong.count) wrong, the first: \(wrong.first ?? "")")
  }

  @Test func `NaN passes through a rectified product`() {
    let a = Matrix<Float>(rows: 24, columns: 2), b = Matrix<Float>(rows: 48, columns: 2), c = Matrix<Float>(rows: 24, columns: 48)
    a[3, 1] = .nan
    c.setProduct(a, b.transposed, finish: .relu)
    #expect(c[3, 0].isNaN && c[2, 0] == 0)
  }

  @Test func `products of shapes that do not fit stop the program and name the shapes`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Matrix<Float>(rows: 2, columns: 2).setProduct(Matrix<Float>(rows: 2, columns: 3), Matrix<Float>(rows: 4, columns: 2))
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains("[2, 2] cannot hold [2, 3] × [4, 2]"), "\(message)")
  }
}

@Suite struct StorageTests {
  @Test func `matrices begin at cache lines, hold zeros, and outlive what was made before and after them`() {
    var kept: [Matrix<Float>] = []
    for size in 1..<400 {
      let matrix = Matrix<Float>(rows: size, columns: 7)
      let large = Matrix<Double>(rows: size, columns: 1000)
      #expect(Int(bitPattern: matrix.pointer) % 64 == 0)
      #expect(matrix.elements.sum() == 0 && large.elements.sum() == 0)
      matrix.fill(Float(size))
      large.fill(-1)
      if size % 3 == 0 { kept.append(matrix) }
    }
    for matrix in kept { #expect(matrix.array.allSatisfy { $0.allSatisfy { $0 == Float(matrix.rows) } }) }
  }
}
