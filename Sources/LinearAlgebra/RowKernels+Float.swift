import CKernels

// Float's loops over rows are Kernel.current's.
extension Float: RowKernels {
  public static func rectify(_ x: UnsafeMutablePointer<Float>, _ count: Int) { Kernel.currentTable.pointee.rectify(x, count) }

  public static func keepWherePositive(_ x: UnsafeMutablePointer<Float>, _ y: UnsafePointer<Float>, _ count: Int) {
    Kernel.currentTable.pointee.keep_where_positive(x, y, count)
  }

  public static func copyWherePositive(
    _ x: UnsafeMutablePointer<Float>, _ w: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ count: Int
  ) {
    Kernel.currentTable.pointee.copy_where_positive(x, w, y, count)
  }

  public static func elu(_ x: UnsafeMutablePointer<Float>, _ count: Int) { Kernel.currentTable.pointee.elu(x, count) }

  public static func multiplyByELUDerivative(_ x: UnsafeMutablePointer<Float>, _ y: UnsafePointer<Float>, _ count: Int) {
    Kernel.currentTable.pointee.multiply_by_elu_derivative(x, y, count)
  }

  public static func sigmoid(_ x: UnsafeMutablePointer<Float>, _ count: Int) { Kernel.currentTable.pointee.sigmoid(x, count) }

  public static func adamStep(
    theta: UnsafeMutablePointer<Float>, first: UnsafeMutablePointer<Float>, second: UnsafeMutablePointer<Float>,
    gradient: UnsafePointer<Float>, other: UnsafePointer<Float>?, _ count: Int, _ c: AdamConstants<Float>
  ) {
    var constants = kernel_adam(
      beta1: c.beta1, beta2: c.beta2, share1: c.share1, share2: c.share2, step_size: c.stepSize, scale: c.scale,
      epsilon: c.epsilon)
    Kernel.currentTable.pointee.adam_step(theta, first, second, gradient, other, count, &constants)
  }

  public static func makeNormal(_ block: UnsafeMutablePointer<Float>) { Kernel.currentTable.pointee.make_normal(block) }

  public static func addRows(
    _ x: UnsafeMutablePointer<Float>, _ a: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int
  ) {
    Kernel.currentTable.pointee.add_rows(x, a, rows, columns, stride)
  }

  public static func add(_ x: UnsafeMutablePointer<Float>, _ y: UnsafePointer<Float>, scaledBy scale: Float, _ count: Int) {
    Kernel.currentTable.pointee.add_scaled(x, y, scale, count)
  }

  public static func interpolate(
    _ x: UnsafeMutablePointer<Float>, _ y: UnsafePointer<Float>, rate: Float, _ count: Int
  ) {
    Kernel.currentTable.pointee.interpolate(x, y, rate, count)
  }
}
