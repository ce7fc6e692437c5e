import CKernels
import Support

/// A matrix product as the inner loops see it: C ← finish(start + A·B), shapes checked.
public struct TiledProduct<S: Scalar> {
  let rows: Int
  let columns: Int
  /// Terms of each sum.
  let steps: Int
  let left: UnsafePointer<S>
  /// From a row of A to the next, and from one of its columns to the next; exchanged for Aᵀ. One of them is 1.
  let leftRowStride: Int
  let leftStepStride: Int
  let right: UnsafePointer<S>
  let rightStride: Int
  /// Whether B is stored with its rows and columns exchanged.
  let rightIsTransposed: Bool
  let result: UnsafeMutablePointer<S>
  let resultStride: Int
  /// Where the sums start, if not from zero; 0 strides repeat one row.
  let start: UnsafePointer<S>?
  let startStride: Int
  let finish: ProductFinish<S>
}

extension Double {
  /// Double checks derivatives; BLAS will do.
  public static func multiplies(by kernel: Kernel) -> Bool { false }
  public static func multiply(_ product: TiledProduct<Double>, by kernel: Kernel) {
    trap("products of Double are not cut into tiles")
  }
}

extension Float {
  /// Without fused multiply-adds in hardware BLAS is faster: it looks for the machine's best instructions when it is loaded.
  public static func multiplies(by kernel: Kernel) -> Bool { kernel != .blas }

  public static func multiply(_ product: TiledProduct<Float>, by kernel: Kernel) {
    var described = kernel_product()
    described.rows = product.rows
    described.columns = product.columns
    described.steps = product.steps
    described.left = product.left
    described.left_row_stride = product.leftRowStride
    described.left_step_stride = product.leftStepStride
    described.right = product.right
    described.right_stride = product.rightStride
    described.right_is_transposed = product.rightIsTransposed
    described.result = product.result
    described.result_stride = product.resultStride
    described.start = product.start
    described.start_stride = product.startStride
    switch product.finish {
    case .nothing: described.finish = kernel_finish_nothing
    case .relu: described.finish = kernel_finish_relu
    case .keepWherePositive(let output, let list):
      described.finish = kernel_finish_keep_where_positive
      described.mask = UnsafePointer(output.pointer)
      described.mask_stride = output.stride
      described.mask_rows = list.map { UnsafePointer($0.storage) }
    }
    (kernel == .current ? Kernel.currentTable : kernel.table).pointee.multiply(&described)
  }
}
