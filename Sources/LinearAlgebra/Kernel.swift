import CKernels

import Glibc

/// The loops that this package's single-precision numbers go through, by the instructions they are made of.
///
/// Which one is taken is decided when the program starts, by what the processor has: how the program was built does not matter. All
/// that multiply and add in one instruction give the same bits: each sum adds its terms in the same order, each rounded once.
public enum Kernel: String, CaseIterable, Sendable {
  /// 512-bit registers: AVX-512 F, VL, BW and DQ.
  case avx512
  /// 256-bit registers: AVX2 and FMA.
  case avx2
  /// 128-bit registers of 64-bit ARM.
  case neon
  /// Every product by BLAS, whose kernels round in their own way; the other loops for any machine of the architecture.
  case blas

  /// The variable of the environment that names another kernel than the best one, for tests and comparisons.
  public static let variable = "HPO_KERNEL"

  /// Those that this machine can run, the fastest first; the last one is always there.
  public static let available = allCases.filter { $0.foundTable != nil }

  /// What everything uses unless told otherwise: the fastest, or the one that ``variable`` names.
  ///
  /// A wrong name there stops the program at the first use; who would rather throw calls ``checkVariable()`` before.
  public static let current: Kernel = {
    do throws(KernelError) {
      return try chosen(by: getenv(variable).map { String(cString: $0) })
    } catch {
      trap("\(error)")
    }
  }()

  /// The kernel that a name asks for; the fastest without one.
  /// - Throws: ``KernelError`` for a name of none, or of one that this machine has not.
  public static func chosen(by name: String?) throws(KernelError) -> Kernel {
    guard let name, !name.isEmpty else { return available[0] }
    guard let kernel = Kernel(rawValue: name) else { throw .unknown(name) }
    guard available.contains(kernel) else { throw .missing(kernel) }
    return kernel
  }

  /// - Throws: ``KernelError`` if the environment asks for a kernel that is not there.
  public static func checkVariable() throws(KernelError) {
    _ = try chosen(by: getenv(variable).map { String(cString: $0) })
  }

  /// What results were computed with, for records.
  public var instructions: String {
    switch self {
    case .avx512: "AVX-512"
    case .avx2: "AVX2 and FMA"
    case .neon: "NEON"
    case .blas:
      #if arch(x86_64)
        "any x86-64"
      #else
        "any machine of this architecture"
      #endif
    }
  }

  /// Multiplications and additions a second, each counted, of a pool's threads that do nothing else at once: the median of `repetitions`
  /// runs of independent multiply-adds in registers, which no product can outdo. `nil` where they are not one instruction.
  public func multiplyAddRate(on pool: WorkerPool, repetitions: Int = 3) -> Double? {
    guard self != .blas, let multiplyAdd = table.pointee.multiply_add else { return nil }
    let rounds = 10_000
    let times = (0..<max(repetitions, 1)).map { _ in
      ContinuousClock().measure { pool.run(lanes: pool.threads) { _ in markAsUsed(multiplyAdd(rounds)) } } / .seconds(1)
    }.sorted()
    return Double(rounds * table.pointee.peak_operations * pool.threads) / times[times.count / 2]
  }

  nonisolated(unsafe) static let currentTable = current.table

  /// Only of those that are ``available``.
  package var table: UnsafePointer<kernel_table> {
    guard let table = foundTable else { trap("\(KernelError.missing(self))") }
    return table
  }

  private var foundTable: UnsafePointer<kernel_table>? {
    switch self {
    case .avx512: kernels_avx512()
    case .avx2: kernels_avx2()
    case .neon: kernels_baseline().flatMap { $0.pointee.multiply == nil ? nil : $0 }
    case .blas: kernels_baseline()
    }
  }
}

/// A kernel that the environment asks for and that is not to be had.
public enum KernelError: Error, Equatable, CustomStringConvertible {
  case unknown(String)
  case missing(Kernel)

  public var description: String {
    let list = Kernel.available.map(\.rawValue).joined(separator: ", ")
    return switch self {
    case .unknown(let name):
      "\(Kernel.variable) names no kernel: '\(name)'. This machine has \(list); without the variable the first is taken."
    case .missing(let kernel):
      "\(Kernel.variable) asks for '\(kernel.rawValue)', which this machine cannot run. It has \(list)."
    }
  }
}

/// Has a result count as used, so that what computes it is not left out.
@inline(never)
private func markAsUsed(_: Float) {}
