import Support

/// Memory that views share; freed with the last of them.
final class Storage<S: Scalar> {
  let pointer: UnsafeMutablePointer<S>
  let count: Int
  private let slab: Slab

  init(count: Int) {
    let (slab, memory) = Slab.allocate(bytes: max(count, 1) * MemoryLayout<S>.stride)
    self.slab = slab
    pointer = memory.bindMemory(to: S.self, capacity: max(count, 1))
    self.count = count
  }
}

/// Numbers in a row, or a view of some of another vector's: copies share memory, as NumPy's views do. For that reason it cannot be sent to
/// another task, nor can what is made of it.
public struct Vector<S: Scalar> {
  let storage: Storage<S>
  package let pointer: UnsafeMutablePointer<S>
  public let count: Int

  /// Zeros.
  public init(count: Int) {
    storage = Storage(count: count)
    pointer = storage.pointer
    self.count = count
  }

  public init(_ values: [S]) {
    self.init(count: values.count)
    copy(from: values)
  }

  init(storage: Storage<S>, pointer: UnsafeMutablePointer<S>, count: Int) {
    self.storage = storage
    self.pointer = pointer
    self.count = count
  }

  public subscript(_ index: Int) -> S {
    get {
      demand(index >= 0 && index < count, "index \(index) is outside a vector of \(count)")
      return pointer[index]
    }
    nonmutating set {
      demand(index >= 0 && index < count, "index \(index) is outside a vector of \(count)")
      pointer[index] = newValue
    }
  }

  /// A view of a part.
  public subscript(_ range: Range<Int>) -> Vector {
    demand(range.lowerBound >= 0 && range.upperBound <= count, "\(range) is outside a vector of \(count)")
    return Vector(storage: storage, pointer: pointer + range.lowerBound, count: range.count)
  }

  /// The same memory as a matrix.
  public func matrix(rows: Int, columns: Int) -> Matrix<S> {
    demand(rows * columns == count, "a vector of \(count) is not a [\(rows), \(columns)] matrix")
    return Matrix(storage: storage, pointer: pointer, rows: rows, columns: columns, stride: columns)
  }

  public func fill(_ value: S) { pointer.update(repeating: value, count: count) }

  public func copy(from other: Vector) {
    demand(other.count == count, "copying \(other.count) values into \(count)")
    pointer.update(from: other.pointer, count: count)
  }

  public func copy(from values: [S]) {
    demand(values.count == count, "copying \(values.count) values into \(count)")
    values.withUnsafeBufferPointer { if let base = $0.baseAddress { pointer.update(from: base, count: count) } }
  }

  public var array: [S] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

  /// The numbers themselves, for libraries that read or fill memory; valid within the call.
  public func withUnsafeMutableBufferPointer<Result, Failure: Error>(
    _ body: (UnsafeMutableBufferPointer<S>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeMutableBufferPointer(start: pointer, count: count))
  }
}

/// A row-major matrix, or a view of some rows or columns of another: copies share memory, as NumPy's views do. For that
/// reason it cannot be sent to another task, nor can what is made of it.
public struct Matrix<S: Scalar> {
  let storage: Storage<S>
  package let pointer: UnsafeMutablePointer<S>
  public let rows: Int
  public let columns: Int
  /// Distance between the starts of neighbouring rows, in elements.
  public let stride: Int

  /// Zeros.
  public init(rows: Int, columns: Int) {
    storage = Storage(count: rows * columns)
    pointer = storage.pointer
    self.rows = rows
    self.columns = columns
    stride = columns
  }

  public init(_ values: [[S]]) {
    self.init(rows: values.count, columns: values.first?.count ?? 0)
    for (row, line) in values.enumerated() {
      demand(line.count == columns, "row \(row) has \(line.count) values, the first \(columns)")
      for (column, value) in line.enumerated() { self[row, column] = value }
    }
  }

  init(storage: Storage<S>, pointer: UnsafeMutablePointer<S>, rows: Int, columns: Int, stride: Int) {
    self.storage = storage
    self.pointer = pointer
    self.rows = rows
    self.columns = columns
    self.stride = stride
  }

  public subscript(_ row: Int, _ column: Int) -> S {
    get {
      demand(contains(row, column), "[\(row), \(column)] is outside \(shape)")
      return pointer[row * stride + column]
    }
    nonmutating set {
      demand(contains(row, column), "[\(row), \(column)] is outside \(shape)")
      pointer[row * stride + column] = newValue
    }
  }

  /// A view of some rows.
  public func rows(_ range: Range<Int>) -> Matrix {
    demand(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) are outside \(shape)")
    return Matrix(
      storage: storage, pointer: pointer + range.lowerBound * stride, rows: range.count, columns: columns, stride: stride)
  }

  /// A view of some columns.
  public func columns(_ range: Range<Int>) -> Matrix {
    demand(range.lowerBound >= 0 && range.upperBound <= columns, "columns \(range) are outside \(shape)")
    return Matrix(
      storage: storage, pointer: pointer + range.lowerBound, rows: rows, columns: range.count, stride: stride)
  }

  /// The same memory as a vector; only where rows follow one another without a gap.
  public var elements: Vector<S> {
    demand(stride == columns || rows <= 1, "a view of some columns has no contiguous elements: \(shape)")
    return Vector(storage: storage, pointer: pointer, count: rows * columns)
  }

  public func row(_ index: Int) -> Vector<S> { rows(index..<index + 1).elements }

  public func fill(_ value: S) {
    for row in 0..<rows { (pointer + row * stride).update(repeating: value, count: columns) }
  }

  public func copy(from other: Matrix) {
    demand(other.rows == rows && other.columns == columns, "copying \(other.shape) into \(shape)")
    if stride == columns && other.stride == columns {
      pointer.update(from: other.pointer, count: rows * columns)
    } else {
      for row in 0..<rows {
        (pointer + row * stride).update(from: other.pointer + row * other.stride, count: columns)
      }
    }
  }

  public var array: [[S]] { (0..<rows).map { row in (0..<columns).map { self[row, $0] } } }

  /// Rows and columns as text, for messages.
  public var shape: String { "[\(rows), \(columns)]" }

  private func contains(_ row: Int, _ column: Int) -> Bool {
    row >= 0 && row < rows && column >= 0 && column < columns
  }
}
