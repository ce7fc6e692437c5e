import COpenBLAS
import RealModule

/// The two number types networks are made of: `Float` to train with, `Double` to check derivatives with.
public protocol Scalar: Real, BinaryFloatingPoint, SIMDScalar, Codable, BitwiseCopyable, Sendable, RowKernels {
  /// C ← A·B + beta·C with row-major matrices, A [m, k] and B [k, n] after the transpositions asked for.
  static func gemm(
    transposeA: Bool, transposeB: Bool, m: Int, n: Int, k: Int,
    _ a: UnsafePointer<Self>, _ strideA: Int, _ b: UnsafePointer<Self>, _ strideB: Int,
    beta: Self, _ c: UnsafeMutablePointer<Self>, _ strideC: Int)

  /// y ← A·x + beta·y with a row-major A of `rows` × `columns` before the transposition asked for.
  static func gemv(
    transpose: Bool, rows: Int, columns: Int,
    _ a: UnsafePointer<Self>, _ strideA: Int, _ x: UnsafePointer<Self>, _ strideX: Int,
    beta: Self, _ y: UnsafeMutablePointer<Self>, _ strideY: Int)

  /// Whether products of this type can be made by `kernel`; if not, ``gemm(transposeA:transposeB:m:n:k:_:_:_:_:beta:_:_:)`` makes them.
  static func multiplies(by kernel: Kernel) -> Bool
  static func multiply(_ product: TiledProduct<Self>, by kernel: Kernel)
}

extension Float: Scalar {
  public static func gemm(
    transposeA: Bool, transposeB: Bool, m: Int, n: Int, k: Int,
    _ a: UnsafePointer<Float>, _ strideA: Int, _ b: UnsafePointer<Float>, _ strideB: Int,
    beta: Float, _ c: UnsafeMutablePointer<Float>, _ strideC: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
      blasint(m), blasint(n), blasint(k), 1, a, blasint(strideA), b, blasint(strideB), beta, c, blasint(strideC))
  }

  public static func gemv(
    transpose: Bool, rows: Int, columns: Int,
    _ a: UnsafePointer<Float>, _ strideA: Int, _ x: UnsafePointer<Float>, _ strideX: Int,
    beta: Float, _ y: UnsafeMutablePointer<Float>, _ strideY: Int
  ) {
    cblas_sgemv(
      CblasRowMajor, transpose ? CblasTrans : CblasNoTrans, blasint(rows), blasint(columns),
      1, a, blasint(strideA), x, blasint(strideX), beta, y, blasint(strideY))
  }
}

extension Double: Scalar {
  public static func gemm(
    transposeA: Bool, transposeB: Bool, m: Int, n: Int, k: Int,
    _ a: UnsafePointer<Double>, _ strideA: Int, _ b: UnsafePointer<Double>, _ strideB: Int,
    beta: Double, _ c: UnsafeMutablePointer<Double>, _ strideC: Int
  ) {
    cblas_dgemm(
      CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
      blasint(m), blasint(n), blasint(k), 1, a, blasint(strideA), b, blasint(strideB), beta, c, blasint(strideC))
  }

  public static func gemv(
    transpose: Bool, rows: Int, columns: Int,
    _ a: UnsafePointer<Double>, _ strideA: Int, _ x: UnsafePointer<Double>, _ strideX: Int,
    beta: Double, _ y: UnsafeMutablePointer<Double>, _ strideY: Int
  ) {
    cblas_dgemv(
      CblasRowMajor, transpose ? CblasTrans : CblasNoTrans, blasint(rows), blasint(columns),
      1, a, blasint(strideA), x, blasint(strideX), beta, y, blasint(strideY))
  }
}

/// The BLAS in use. Parallelism is ``WorkerPool``'s, so OpenBLAS runs each call on the thread that makes it.
public enum BLAS {
  /// `OpenBLAS 0.3.21 (SkylakeX)`: the version and the core its kernels were chosen for, which decide how sums round.
  public static var description: String {
    let version = String(cString: openblas_get_config()).split(separator: " ").prefix(2).joined(separator: " ")
    return "\(version) (\(String(cString: openblas_get_corename())))"
  }

  /// Call before the first product; later calls do nothing new.
  public static func useCallingThreadOnly() { openblas_set_num_threads(1) }
}
