import HDF5
import Testing

@Suite struct DatasetTests {
  private let directory: TemporaryDirectory
  private let file: HDF5File

  init() throws {
    directory = try TemporaryDirectory()
    file = try HDF5File.create(at: directory.file("data.h5"))
  }

  private func expectRoundTrip<Element: HDF5Element & Equatable>(_ values: [Element]) throws {
    let dataset = try file.write("\(Element.self)", values)
    #expect(dataset.elementType == Element.elementType)
    #expect(try file.read("\(Element.self)") == values)
  }

  @Test func `every element type comes back as it was written`() throws {
    try expectRoundTrip([Float.pi, -.infinity, .leastNonzeroMagnitude])
    try expectRoundTrip([Double.pi, .greatestFiniteMagnitude])
    try expectRoundTrip([Int32.min, .max])
    try expectRoundTrip([Int64.min, .max])
    try expectRoundTrip([Int.min, .max])
    try expectRoundTrip([UInt8.min, .max])
    try expectRoundTrip([UInt64.min, .max])
    try expectRoundTrip([true, false])
  }

  @Test func `shapes are kept, single values and empty arrays included`() throws {
    #expect(try file.write("matrix", [1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3]).shape == [2, 3])
    #expect(try file.write("value", [7.5], shape: []).shape == [])
    #expect(try file.read("value") == [7.5])
    #expect(try file.write("none", [Double](), shape: [0, 3]).shape == [0, 3])
    #expect(try file.read("none", as: Double.self, shape: [nil, 3]) == [])
  }

  @Test func `numbers convert on reading, and the stored precision can be asked for`() throws {
    try file.write("doubles", [0.1, 2])
    #expect(try file.dataset("doubles").elementType == .float64)
    #expect(try file.read("doubles") == [Float(0.1), 2])
    try file.write("integers", [Int32(-3), 300])
    #expect(try file.read("integers") == [-3.0, 300])
    #expect(try file.read("integers") == [-3, 300])
  }

  @Test func `a dataset of another kind is refused`() throws {
    try file.write("floats", [Float(1)])
    try file.write("flags", [true])
    expectError(
      "'/floats' in '<dir>/data.h5' should hold 32-bit integers, but holds 32-bit floating-point numbers.",
      in: directory
    ) { _ = try file.read("floats", as: Int32.self) }
    expectError(
      "'/floats' in '<dir>/data.h5' should hold booleans, but holds 32-bit floating-point numbers.", in: directory
    ) { _ = try file.read("floats", as: Bool.self) }
    expectError(
      "'/flags' in '<dir>/data.h5' should hold 32-bit floating-point numbers, but holds booleans.", in: directory
    ) { _ = try file.read("flags", as: Float.self) }
  }

  @Test func `a number that its new type cannot hold is refused instead of clipped`() throws {
    try file.write("large", [Int64(1) << 40])
    expectError(
      "'/large' in '<dir>/data.h5' should hold 32-bit integers, but holds a number out of their range.", in: directory
    ) { _ = try file.read("large", as: Int32.self) }
    try file.write("negative", [-1])
    expectError(
      "'/negative' in '<dir>/data.h5' should hold 64-bit unsigned integers, but holds a number out of their range.",
      in: directory
    ) { _ = try file.read("negative", as: UInt64.self) }
  }

  @Test func `integers read as booleans if they are 0 or 1`() throws {
    try file.write("terminals", [Int64(0), 1, 1])
    #expect(try file.read("terminals") == [false, true, true])
    try file.write("counts", [UInt8(0), 2])
    expectError("'/counts' in '<dir>/data.h5' should hold booleans (0 or 1), but holds 2.", in: directory) {
      _ = try file.read("counts", as: Bool.self)
    }
  }

  @Test func `another shape than expected is refused, naming both`() throws {
    try file.write("weight", [Float](repeating: 0, count: 6), shape: [2, 3])
    #expect(try file.read("weight", as: Float.self, shape: [nil, 3]).count == 6)
    expectError("'/weight' in '<dir>/data.h5' should have shape [any, 4], but has [2, 3].", in: directory) {
      _ = try file.read("weight", as: Float.self, shape: [nil, 4])
    }
    expectError("'/weight' in '<dir>/data.h5' should have shape [6], but has [2, 3].", in: directory) {
      _ = try file.dataset("weight", of: Float.self, shape: [6])
    }
  }

  @Test func `appended rows follow one another`() throws {
    let rows = try file.createDataset("rows", of: Float.self, rowShape: [2], chunkRows: 3)
    #expect(try rows.shape == [0, 2])
    try rows.append([1, 2] as [Float])
    try rows.append([Float]())
    try [3, 4, 5, 6, 7, 8, 9, 10].withUnsafeBufferPointer { try rows.append($0) }
    #expect(try rows.shape == [5, 2])
    #expect(try rows.read() == (1...10).map(Float.init))

    let steps = try file.createDataset("steps", of: Int64.self, chunkRows: 2)
    for step in 1...5 { try steps.append(step) }
    #expect(try steps.read() == [1, 2, 3, 4, 5])
    let flags = try file.createDataset("flags", of: Bool.self, chunkRows: 2)
    try flags.append([true, false, true])
    #expect(try flags.read(rows: 1..<3) == [false, true])
  }

  @Test func `rows cut off are gone and the next ones take their place`() throws {
    let rows = try file.createDataset("rows", of: Double.self, rowShape: [2], chunkRows: 2)
    try rows.append((1...10).map(Double.init))
    try rows.setRowCount(3)
    #expect(try rows.rowCount == 3)
    try rows.append([0.5, 0.25])
    #expect(try rows.read() == [1, 2, 3, 4, 5, 6, 0.5, 0.25])
    try rows.setRowCount(5)
    #expect(try rows.read(rows: 4..<5) == [0.0, 0])
  }

  @Test func `a range of rows is read into the caller's memory`() throws {
    let rows = try file.createDataset("rows", of: Double.self, rowShape: [2], chunkRows: 4)
    try rows.append((0..<20).map(Double.init))
    let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 6)
    defer { buffer.deallocate() }
    try rows.read(rows: 3..<6, into: buffer)
    #expect(Array(buffer) == [6, 7, 8, 9, 10, 11])
    expectError("'/rows' in '<dir>/data.h5' has 10 rows; rows 8..<11 are not all there.", in: directory) {
      try rows.read(rows: 8..<11, into: buffer)
    }
    expectError("'/rows' in '<dir>/data.h5' should have shape [any, 3], but has [10, 2].", in: directory) {
      try rows.read(rows: 8..<10, into: buffer)
    }
  }

  @Test func `appending another kind of number is refused and adds no row`() throws {
    let steps = try file.createDataset("steps", of: Int64.self, chunkRows: 2)
    expectError(
      "'/steps' in '<dir>/data.h5' should hold 64-bit floating-point numbers, but holds 64-bit integers.", in: directory
    ) { try steps.append(0.5) }
    let small = try file.createDataset("small", of: Int32.self, chunkRows: 2)
    expectError(
      "'/small' in '<dir>/data.h5' should hold 64-bit integers, but holds a number out of their range.", in: directory
    ) { try small.append(Int64.max) }
    #expect(try small.rowCount == 0)
  }

  @Test func `a shape that the file cannot contain is refused before memory is taken`() throws {
    let huge = try file.createDataset("huge", of: Float.self, chunkRows: 16)
    try huge.append(Float(1))
    try huge.setRowCount(1 << 60)
    expectError(
      "'/huge' in '<dir>/data.h5' claims shape [1152921504606846976], more than the 1073741824 elements allowed here."
        + " Raise the limit if the file is trusted.", in: directory
    ) { _ = try huge.read(as: Float.self) }
    expectError(
      "'/huge' in '<dir>/data.h5' cannot be trusted: it claims shape [1152921504606846976], but only 64"
        + " bytes are stored.", in: directory
    ) { _ = try huge.read(as: Float.self, elementLimit: .max) }
    expectError(
      "'/huge' in '<dir>/data.h5' cannot be trusted: it claims shape [1152921504606846976], but only 64"
        + " bytes are stored.", in: directory
    ) { _ = try huge.read(rows: 0..<1 << 20, as: Float.self) }
    try file.write("ten", [Float](repeating: 0, count: 10))
    expectError(
      "'/ten' in '<dir>/data.h5' claims shape [10], more than the 9 elements allowed here."
        + " Raise the limit if the file is trusted.", in: directory
    ) { _ = try file.read("ten", as: Float.self, elementLimit: 9) }
  }
}
