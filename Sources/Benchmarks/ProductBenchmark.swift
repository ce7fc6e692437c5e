import LinearAlgebra
import Support

/// Speed of the matrix products an update is made of, this package's beside OpenBLAS's, on one thread.
public struct ProductBenchmark: Sendable, Codable, Equatable {
  /// What an update needs the product for.
  public var name: String
  /// Of the result, m.
  public var rows: Int
  /// Of the result, n.
  public var columns: Int
  /// Summed up for each element, k.
  public var terms: Int
  /// GFLOP/s, medians of alternating repetitions.
  public var ownRate: Double
  /// OpenBLAS's, measured in turn with it.
  public var blasRate: Double
  /// That of independent multiply-adds in registers, measured in turn with them; 0 without a kernel.
  public var peakRate: Double

  enum CodingKeys: String, CodingKey {
    case name, rows, columns, terms
    case ownRate = "own_gflops"
    case blasRate = "openblas_gflops"
    case peakRate = "peak_gflops"
  }

  /// One lane's products: 128 rows, 256 hidden units, 17 inputs, 6 actions.
  public static func measure(repetitions: Int) -> [ProductBenchmark] {
    BLAS.useCallingThreadOnly()
    return [
      ("hidden layer", 128, 256, 256, false, true), ("its input gradient", 128, 256, 256, false, false),
      ("its weight gradient", 256, 256, 128, true, false), ("first layer", 128, 256, 23, false, true),
      ("first layer, actions only", 128, 256, 6, false, true), ("action gradient", 128, 6, 256, false, false),
      ("output layer", 128, 12, 256, false, true), ("output layer's weight gradient", 12, 256, 128, true, false),
      ("first layer's weight gradient", 256, 23, 128, true, false), ("Humanoid's first layer", 128, 256, 393, false, true),
      ("its weight gradient", 256, 393, 128, true, false), ("61 rows' input gradient", 61, 256, 256, false, false),
    ].map { measure($0, $1, $2, $3, $4, $5, repetitions: repetitions) }
  }

  private static func measure(
    _ name: String, _ m: Int, _ n: Int, _ k: Int, _ transposeA: Bool, _ transposeB: Bool, repetitions: Int
  ) -> ProductBenchmark {
    // As in an update, operands come from beyond the second-level cache: 4 MB of them take turns.
    let sets = (0..<max(1, 1_000_000 / (m * k + k * n + m * n))).map { _ in
      (
        a: Matrix<Float>(rows: transposeA ? k : m, columns: transposeA ? m : k),
        b: Matrix<Float>(rows: transposeB ? n : k, columns: transposeB ? k : n), c: Matrix<Float>(rows: m, columns: n)
      )
    }
    for set in sets {
      set.a.fill(0.5)
      set.b.fill(0.25)
    }
    let calls = sets.count * (1 + 40_000_000 / (m * n * k * sets.count))
    func own() {
      for call in 0..<calls {
        let (a, b, c) = sets[call % sets.count]
        if transposeA {
          c.setProduct(a.transposed, b)
        } else if transposeB {
          c.setProduct(a, b.transposed)
        } else {
          c.setProduct(a, b)
        }
      }
    }
    func blas() {
      for call in 0..<calls {
        let (a, b, c) = sets[call % sets.count]
        Float.gemm(
          transposeA: transposeA, transposeB: transposeB, m: m, n: n, k: k, a.pointer, a.stride, b.pointer, b.stride,
          beta: 0, c.pointer, c.stride)
      }
    }
    var times: (own: [Double], blas: [Double]) = ([], [])
    var peaks: [Double] = []
    let thread = WorkerPool(threads: 1)
    for _ in 0...repetitions {
      peaks.append(Kernel.current.multiplyAddRate(on: thread, repetitions: 1) ?? 0)
      times.own.append(seconds(own))
      times.blas.append(seconds(blas))
    }
    let operations = 2e-9 * Double(m * n * k * calls)
    // The first repetition warms up.
    return ProductBenchmark(
      name: name, rows: m, columns: n, terms: k, ownRate: operations / median(Array(times.own.dropFirst())),
      blasRate: operations / median(Array(times.blas.dropFirst())), peakRate: 1e-9 * median(peaks))
  }
}
