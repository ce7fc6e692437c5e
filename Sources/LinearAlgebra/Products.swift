/// A matrix read with rows and columns exchanged; nothing is moved.
public struct Transposed<S: Scalar> {
  let matrix: Matrix<S>
}

extension Matrix {
  public var transposed: Transposed<S> { Transposed(matrix: self) }

  /// self ← A Bᵀ, or self + A Bᵀ when `accumulating`: a layer's forward pass.
  public func setProduct(_ a: Matrix, _ b: Transposed<S>, accumulating: Bool = false) {
    multiply(a, false, b.matrix, true, accumulating)
  }

  /// self ← A B, or self + A B: a layer's gradient by its input.
  public func setProduct(_ a: Matrix, _ b: Matrix, accumulating: Bool = false) {
    multiply(a, false, b, false, accumulating)
  }

  /// self ← Aᵀ B, or self + Aᵀ B: a layer's gradient by its weights.
  public func setProduct(_ a: Transposed<S>, _ b: Matrix, accumulating: Bool = false) {
    multiply(a.matrix, true, b, false, accumulating)
  }

  private func multiply(_ a: Matrix, _ transposeA: Bool, _ b: Matrix, _ transposeB: Bool, _ accumulating: Bool) {
    let m = transposeA ? a.columns : a.rows
    let k = transposeA ? a.rows : a.columns
    let n = transposeB ? b.rows : b.columns
    demand(
      k == (transposeB ? b.columns : b.rows) && rows == m && columns == n,
      "\(shape) can not hold \(a.shape)\(transposeA ? "ᵀ" : "") × \(b.shape)\(transposeB ? "ᵀ" : "")")
    if m == 0 || n == 0 { return }
    let beta: S = accumulating ? 1 : 0
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
  }
}
