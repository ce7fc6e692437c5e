import CKernels
import Support

/// A matrix read with rows and columns exchanged; nothing is moved.
public struct Transposed<S: Scalar> {
  let matrix: Matrix<S>
}

/// Where the sums of a product begin.
public enum ProductStart<S: Scalar> {
  case zero
  /// What the result holds already: the product is added to it.
  case result
  /// The same for every row.
  case bias(Vector<S>)
  /// Of the result's shape.
  case matrix(Matrix<S>)
}

/// What happens to a product's sums on their way to memory.
public enum ProductFinish<S: Scalar> {
  case nothing
  /// max(x, 0).
  case relu
  /// x where `output` is positive, 0 elsewhere: ReLU's derivative by its output. With a list, row i goes with its i-th row.
  case keepWherePositive(output: Matrix<S>, rows: RowList?)
}

/// Some rows of a matrix, in increasing order.
public struct RowList {
  package let storage: UnsafeMutablePointer<Int32>
  public let count: Int

  package init(storage: UnsafeMutablePointer<Int32>, count: Int) {
    self.storage = storage
    self.count = count
  }
}

extension Matrix {
  public var transposed: Transposed<S> { Transposed(matrix: self) }

  /// self ← finish(start + A Bᵀ): a layer's forward pass.
  public func setProduct(
    _ a: Matrix, _ b: Transposed<S>, from start: ProductStart<S> = .zero, finish: ProductFinish<S> = .nothing,
    by kernel: Kernel = .current
  ) {
    multiply(a, false, b.matrix, true, start, finish, kernel)
  }

  /// self ← finish(start + A B): a layer's gradient by its input.
  public func setProduct(
    _ a: Matrix, _ b: Matrix, from start: ProductStart<S> = .zero, finish: ProductFinish<S> = .nothing,
    by kernel: Kernel = .current
  ) {
    multiply(a, false, b, false, start, finish, kernel)
  }

  /// self ← start + Aᵀ B: a layer's gradient by its weights.
  public func setProduct(
    _ a: Transposed<S>, _ b: Matrix, from start: ProductStart<S> = .zero, by kernel: Kernel = .current
  ) {
    multiply(a.matrix, true, b, false, start, .nothing, kernel)
  }

  private func multiply(
    _ a: Matrix, _ transposeA: Bool, _ b: Matrix, _ transposeB: Bool, _ start: ProductStart<S>, _ finish: ProductFinish<S>,
    _ kernel: Kernel
  ) {
    let m = transposeA ? a.columns : a.rows
    let k = transposeA ? a.rows : a.columns
    let n = transposeB ? b.rows : b.columns
    demand(
      k == (transposeB ? b.columns : b.rows) && rows == m && columns == n,
      "\(shape) cannot hold \(a.shape)\(transposeA ? "ᵀ" : "") × \(b.shape)\(transposeB ? "ᵀ" : "")")
    check(start, finish)
    kernels_count_operations(Int64(2 * m * n * k))
    if m == 0 || n == 0 { return }
    // Few rows do not pay for the panels, and few columns leave them half empty. But OpenBLAS's kernels for small matrices take memory
    // at every call unless the right-hand side is transposed.
    if S.multiplies(by: kernel) && (transposeB ? m >= 24 && n >= 48 : m > 1 && n > 1) {
      let (first, firstStride) = startOfSums(start)
      S.multiply(
        TiledProduct(
          rows: m, columns: n, steps: k, left: a.pointer, leftRowStride: transposeA ? 1 : a.stride,
          leftStepStride: transposeA ? a.stride : 1, right: b.pointer, rightStride: b.stride,
          rightIsTransposed: transposeB, result: pointer, resultStride: stride, start: first, startStride: firstStride,
          finish: finish), by: kernel)
      return
    }
    prepare(start)
    let beta: S = if case .zero = start { 0 } else { 1 }
    // One row or column: gemm would pack the whole other matrix for it.
    if m == 1 {
      S.gemv(
        transpose: !transposeB, rows: b.rows, columns: b.columns, b.pointer, b.stride,
        a.pointer, transposeA ? a.stride : 1, beta: beta, pointer, 1)
    } else if n == 1 {
      S.gemv(
        transpose: transposeA, rows: a.rows, columns: a.columns, a.pointer, a.stride,
        b.pointer, transposeB ? 1 : b.stride, beta: beta, pointer, stride)
    } else {
      S.gemm(
        transposeA: transposeA, transposeB: transposeB, m: m, n: n, k: k,
        a.pointer, a.stride, b.pointer, b.stride, beta: beta, pointer, stride)
    }
    apply(finish)
  }

  private func check(_ start: ProductStart<S>, _ finish: ProductFinish<S>) {
    switch start {
    case .zero, .result: break
    case .bias(let bias): demand(bias.count == columns, "a bias of \(bias.count) for \(shape)")
    case .matrix(let matrix):
      demand(matrix.rows == rows && matrix.columns == columns, "\(shape) cannot start from \(matrix.shape)")
    }
    if case .keepWherePositive(let output, let list) = finish {
      demand(
        output.columns == columns && (list?.count ?? output.rows) == rows, "\(output.shape) does not go with \(shape)")
    }
  }

  private func startOfSums(_ start: ProductStart<S>) -> (UnsafePointer<S>?, stride: Int) {
    switch start {
    case .zero: (nil, 0)
    case .result: (UnsafePointer(pointer), stride)
    case .bias(let bias): (UnsafePointer(bias.pointer), 0)
    case .matrix(let matrix): (UnsafePointer(matrix.pointer), matrix.stride)
    }
  }

  /// Fills the result with what the sums start from, for BLAS to add to.
  private func prepare(_ start: ProductStart<S>) {
    switch start {
    case .zero, .result: break
    case .bias(let bias): for row in 0..<rows { (pointer + row * stride).update(from: bias.pointer, count: columns) }
    case .matrix(let matrix): copy(from: matrix)
    }
  }

  private func apply(_ finish: ProductFinish<S>) {
    switch finish {
    case .nothing: break
    case .relu: applyReLU()
    case .keepWherePositive(let output, let rows): multiplyByReLUDerivative(output: output, rows: rows)
    }
  }
}

/// What the products of matrices amount to.
public enum ProductCount {
  /// Multiplications and additions, each counted, that the calling thread's products have needed so far.
  public static var operations: Int { Int(kernels_operations()) }
}
