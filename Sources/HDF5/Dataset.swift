import CHDF5
import Glibc
import Support

/// An array in a file. Its first dimension counts rows; a row is everything that shares a first index.
public final class Dataset: HDF5Object {
  /// What is stored, which reading converts if need be.
  public let elementType: ElementType
  /// Number of dimensions; 0 for a single value.
  public let rank: Int
  private let isFiltered: Bool
  /// Elements of one chunk, the unit of storage of datasets that grow or are compressed.
  private let chunkElementCount: hsize_t?

  /// Most elements that are read into a new array unless the caller says otherwise, 2³⁰.
  public static let defaultElementLimit = 1 << 30

  init(owner: OpenFile, dataset handle: consuming Handle, path: String) throws(HDF5Error) {
    let id = handle.id
    let failure: ([String]) -> HDF5Error = { reasons in
      .library(action: "open", object: path, file: owner.path, reason: reasons[0])
    }
    elementType = ElementType(of: try Handle({ H5Dget_type(id) }, orThrow: failure))
    // First of all, since asking a virtual dataset for its shape opens the files that it is made of.
    let properties = try Handle({ H5Dget_create_plist(id) }, orThrow: failure)
    let layout = Library.call { H5Pget_layout(properties.id) }
    if try Library.check({ H5Pget_external_count(properties.id) }, orThrow: failure) > 0 || layout == H5D_VIRTUAL {
      throw .implausible(object: path, file: owner.path, reason: "its data are in other files")
    }
    isFiltered = try Library.check({ H5Pget_nfilters(properties.id) }, orThrow: failure) > 0
    let space = try Handle({ H5Dget_space(id) }, orThrow: failure)
    if Library.call({ H5Sget_simple_extent_type(space.id) }) == H5S_NULL {
      throw .wrongType(object: path, file: owner.path, expected: "elements", found: "nothing, not even a shape")
    }
    rank = Int(try Library.check({ H5Sget_simple_extent_ndims(space.id) }, orThrow: failure))
    if layout == H5D_CHUNKED {
      var chunk = [hsize_t](repeating: 0, count: rank)
      try Library.check({ H5Pget_chunk(properties.id, Int32(chunk.count), &chunk) }, orThrow: failure)
      // A chunk has less than 4 GiB.
      chunkElementCount = chunk.reduce(1, &*)
    } else {
      chunkElementCount = nil
    }
    super.init(owner: owner, handle: handle, path: path)
  }

  // MARK: Shape

  /// Size of each dimension, as this process knows it: an SWMR reader calls ``refresh()`` first.
  public var shape: [Int] {
    get throws(HDF5Error) {
      let extent = try extent
      let shape = extent.compactMap { Int(exactly: $0) }
      guard shape.count == extent.count else {
        throw .tooLarge(object: path, file: filePath, shape: extent, elementLimit: .max)
      }
      return shape
    }
  }

  /// Size of the first dimension; 1 for a single value.
  public var rowCount: Int { get throws(HDF5Error) { try shape.first ?? 1 } }

  /// Throws ``HDF5Error/wrongShape(object:file:expected:found:)`` unless the shape is this; `nil` allows any size.
  public func requireShape(_ expected: [Int?]) throws(HDF5Error) {
    let found = try shape
    guard expected.count == found.count, zip(expected, found).allSatisfy({ $0 == nil || $0 == $1 }) else {
      throw .wrongShape(object: path, file: filePath, expected: expected, found: found)
    }
  }

  /// Throws ``HDF5Error/wrongType(object:file:expected:found:)`` unless elements can be read as this type.
  public func requireElements<Element: HDF5Element>(of type: Element.Type) throws(HDF5Error) {
    guard elementType.isReadable(as: Element.elementType) else {
      throw wrongType(expected: "\(Element.elementType)", found: "\(elementType)")
    }
  }

  /// Cuts off the rows from this count on, or adds rows of zeros. Only for datasets made to grow; an SWMR writer cuts
  /// before it starts SWMR writing.
  public func setRowCount(_ count: Int) throws(HDF5Error) {
    demand(count >= 0 && rank > 0, "cannot give '\(path)' of rank \(rank) \(count) rows")
    var extent = try extent
    extent[0] = hsize_t(count)
    let id = try id
    try Library.check({ H5Dset_extent(id, extent) }, orThrow: failure("change the row count of"))
  }

  /// Throws `tooLarge` or `implausible` where the shape is beyond what the whole file could contain: to be asked before memory is
  /// taken for it, or rows are cut off, chunk after chunk.
  /// - Parameter unstoredBytes: what a killed writer may have announced and not got to store.
  public func requirePlausibleShape(unstoredBytes: Int = 1 << 20) throws(HDF5Error) {
    let (count, elementSize, fileSize) = (try elementCount(limit: .max), try elementSize, try fileSize)
    let largestContent = Double(fileSize) * (isFiltered ? Self.largestCompression : 1)
    guard Double(count) * elementSize <= largestContent + Double(unstoredBytes) else {
      throw .implausible(object: path, file: filePath, reason: "it claims shape \(try extent) in a file of \(fileSize) bytes")
    }
  }

  // MARK: Reading

  /// Reads everything.
  /// - Parameters:
  ///   - shape: what the shape must be, `nil` sizes being free; absent, any shape.
  ///   - elementLimit: most elements to allocate for.
  /// - Returns: the elements in row-major order.
  /// - Throws: ``HDF5Error/wrongType(object:file:expected:found:)`` if the stored type does not convert, or a number is
  ///   out of the type's range; `wrongShape`; `tooLarge` or `implausible` before anything is allocated.
  public func read<Element: HDF5Element>(
    as type: Element.Type = Element.self, shape expected: [Int?]? = nil,
    elementLimit: Int = Dataset.defaultElementLimit
  ) throws(HDF5Error) -> [Element] {
    try requireElements(of: type)
    if let expected { try requireShape(expected) }
    let count = try plausibleElementCount(limit: elementLimit)
    return try array(count: count) { buffer throws(HDF5Error) in try readElements(rows: nil, into: buffer) }
  }

  /// Reads some rows. Throws as ``read(as:shape:elementLimit:)``, and `rowsMissing`.
  public func read<Element: HDF5Element>(
    rows: Range<Int>, as type: Element.Type = Element.self, elementLimit: Int = Dataset.defaultElementLimit
  ) throws(HDF5Error) -> [Element] {
    try requireElements(of: type)
    try requireRows(rows)
    _ = try plausibleElementCount(limit: .max)
    let (count, overflow) = rows.count.multipliedReportingOverflow(by: try rowElementCount)
    guard !overflow, count <= elementLimit else {
      throw .tooLarge(object: path, file: filePath, shape: try extent, elementLimit: elementLimit)
    }
    return try array(count: count) { buffer throws(HDF5Error) in try readElements(rows: rows, into: buffer) }
  }

  /// Reads some rows into memory that the caller owns, [rows, …] in row-major order.
  /// - Throws: ``HDF5Error/wrongType(object:file:expected:found:)``, `rowsMissing`, or `wrongShape` if the rows do not
  ///   fill the buffer exactly. The buffer's content is then unspecified.
  public func read<Element: HDF5Element>(
    rows: Range<Int>, into buffer: UnsafeMutableBufferPointer<Element>
  ) throws(HDF5Error) {
    try requireElements(of: Element.self)
    try requireRows(rows)
    guard rows.isEmpty ? buffer.isEmpty : buffer.count == rows.count * (try rowElementCount) else {
      let width = rows.isEmpty ? 0 : buffer.count / rows.count
      throw .wrongShape(object: path, file: filePath, expected: [nil, width], found: try shape)
    }
    try readElements(rows: rows, into: buffer)
  }

  /// Throws ``HDF5Error/notHDF5(file:reason:)`` unless the file is long enough to hold the first `count` rows. HDF5 reads zeros beyond
  /// a file's end, and modes that accept what a killed writer left do not compare its length with what it says.
  public func requireStored(rows count: Int) throws(HDF5Error) {
    try requireRows(0..<count)
    let id = try id
    let failure = failure("look up the storage of")
    let properties = try Handle({ H5Dget_create_plist(id) }, orThrow: failure)
    guard Library.call({ H5Pget_layout(properties.id) }) == H5D_CHUNKED else { return }
    var chunk = [hsize_t](repeating: 1, count: rank)
    try Library.check({ H5Pget_chunk(properties.id, Int32(rank), &chunk) }, orThrow: failure)
    var information = stat()
    guard stat(filePath, &information) == 0 else {
      throw .fileSystem(path: filePath, action: "look at", reason: systemErrorText())
    }
    var offset = [hsize_t](repeating: 0, count: rank)
    for row in stride(from: 0, to: count, by: Int(chunk[0])) {
      offset[0] = hsize_t(row)
      var (address, size) = (haddr_t(0), hsize_t(0))
      try Library.check({ H5Dget_chunk_info_by_coord(id, offset, nil, &address, &size) }, orThrow: failure)
      let (end, overflow) = UInt64(address).addingReportingOverflow(size)
      if overflow || size == 0 || end > UInt64(information.st_size) {
        throw .notHDF5(file: filePath, reason: "it ends before row \(row) of '\(path)'")
      }
    }
  }

  /// Lets an SWMR reader see what was flushed since it opened the dataset or last refreshed it.
  public func refresh() throws(HDF5Error) {
    let id = try id
    try Library.check({ H5Drefresh(id) }, orThrow: failure("refresh"))
  }

  // MARK: Writing

  /// Adds rows at the end, without copying them first.
  /// - Parameter rows: [n, …] in row-major order; the count must be a multiple of a row's. Whoever appends to a file
  ///   from elsewhere opens it by ``Group/dataset(_:of:shape:)``, which checks the row's shape.
  /// - Throws: ``HDF5Error/wrongType(object:file:expected:found:)``, or
  ///   ``HDF5Error/library(action:object:file:reason:)`` if the disk is full, say; no row is added then.
  package func append<Element: HDF5Element>(_ rows: UnsafeBufferPointer<Element>) throws(HDF5Error) {
    try requireWritable(Element.self)
    let width = try rowElementCount
    demand(
      rank > 0 && (width == 0 ? rows.isEmpty : rows.count % width == 0),
      "'\(path)' has \(width) elements per row, got \(rows.count) elements to append")
    guard let start = rows.baseAddress, !rows.isEmpty else { return }
    let before = try rowCount
    let added = rows.count / width
    try setRowCount(before + added)
    do throws(HDF5Error) {
      let rows = before..<(before + added)
      try transfer(Element.elementType, rows: rows, "append to") { memoryType, memory, file, properties, id in
        H5Dwrite(id, memoryType, memory, file, properties, start)
      }
    } catch {
      if !owner.isAbandoned { try setRowCount(before) }
      throw error
    }
  }

  /// Adds rows at the end; see ``append(_:)-(UnsafeBufferPointer<Element>)``.
  public func append<Element: HDF5Element>(_ rows: [Element]) throws(HDF5Error) {
    try rows.withUnsafeBufferPointer { buffer throws(HDF5Error) in try append(buffer) }
  }

  /// Adds one value to a dataset whose rows are single values.
  public func append(_ value: some HDF5Element) throws(HDF5Error) {
    try append(CollectionOfOne(value).map { $0 })
  }

  /// Writes one value into a row that is there, of a dataset whose rows are single values.
  /// - Throws: ``HDF5Error``, also when there is no such row.
  public func set<Element: HDF5Element>(_ value: Element, row: Int) throws(HDF5Error) {
    try requireWritable(Element.self)
    try requireShape([nil])
    try requireRows(row..<row + 1)
    var value = value
    try transfer(Element.elementType, rows: row..<row + 1, "write") { memoryType, memory, file, properties, id in
      H5Dwrite(id, memoryType, memory, file, properties, &value)
    }
  }

  /// Hands what was written to the operating system, where SWMR readers see it.
  public func flush() throws(HDF5Error) {
    let id = try id
    try Library.check({ H5Dflush(id) }, orThrow: failure("flush"))
  }

  /// Fills a dataset that was just created.
  func fill<Element: HDF5Element>(with values: UnsafeBufferPointer<Element>) throws(HDF5Error) {
    guard let start = values.baseAddress, !values.isEmpty else { return }
    try transfer(Element.elementType, rows: nil, "write") { memoryType, memory, file, properties, id in
      H5Dwrite(id, memoryType, memory, file, properties, start)
    }
  }
}

extension Dataset {
  private var extent: [hsize_t] {
    get throws(HDF5Error) {
      let id = try id
      let space = try Handle({ H5Dget_space(id) }, orThrow: failure("get the shape of"))
      var extent = [hsize_t](repeating: 0, count: rank)
      try Library.check(
        { H5Sget_simple_extent_dims(space.id, &extent, nil) }, orThrow: failure("get the shape of"))
      return extent
    }
  }

  private var rowElementCount: Int {
    get throws(HDF5Error) {
      var count = 1
      for size in try shape.dropFirst() {
        let (product, overflow) = count.multipliedReportingOverflow(by: size)
        if overflow { throw .tooLarge(object: path, file: filePath, shape: try extent, elementLimit: .max) }
        count = product
      }
      return count
    }
  }

  private func wrongType(expected: String, found: String) -> HDF5Error {
    .wrongType(object: path, file: filePath, expected: expected, found: found)
  }

  private func requireWritable<Element: HDF5Element>(_: Element.Type) throws(HDF5Error) {
    // The library converts integers to booleans in memory, on reading, but not to the stored enumeration.
    let isBoolean = elementType == .boolean
    guard Element.elementType.isReadable(as: elementType), isBoolean == (Element.elementType == .boolean) else {
      throw wrongType(expected: "\(Element.elementType)", found: "\(elementType)")
    }
  }

  private func requireRows(_ rows: Range<Int>) throws(HDF5Error) {
    guard rank > 0 else { throw .wrongShape(object: path, file: filePath, expected: [nil], found: []) }
    let rowCount = try rowCount
    guard rows.lowerBound >= 0, rows.upperBound <= rowCount else {
      throw .rowsMissing(object: path, file: filePath, wanted: rows, rowCount: rowCount)
    }
  }

  /// The number of elements, if the caller allows it and the file can contain it: a header of a few bytes may claim any
  /// shape. Rows never written cost no storage, so a mebibyte of them is allowed.
  private func plausibleElementCount(limit: Int) throws(HDF5Error) -> Int {
    let (count, elementSize, fileSize) = (try elementCount(limit: limit), try elementSize, try fileSize)
    let id = try id
    let stored = Library.call { H5Dget_storage_size(id) }
    if stored > fileSize {
      throw .implausible(
        object: path, file: filePath, reason: "it claims to take \(stored) bytes of a file of \(fileSize) bytes")
    }
    let largestContent = Double(stored) * (isFiltered ? Self.largestCompression : 1)
    if Double(count) * elementSize > max(0x1p20, largestContent) {
      throw .implausible(
        object: path, file: filePath, reason: "it claims shape \(try extent), but only \(stored) bytes are stored")
    }
    // A compressed chunk is unpacked as a whole, whatever is read of it.
    if isFiltered, let chunkElementCount, Double(chunkElementCount) * elementSize > max(0x1p24, largestContent) {
      throw .implausible(
        object: path, file: filePath,
        reason: "it claims chunks of \(chunkElementCount) elements, but only \(stored) bytes are stored")
    }
    return count
  }

  /// Deflate's; see zlib's "Technical Details".
  private static let largestCompression = 1032.0

  private func elementCount(limit: Int) throws(HDF5Error) -> Int {
    let extent = try extent
    var count: hsize_t = 1
    for size in extent {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      if overflow { throw .tooLarge(object: path, file: filePath, shape: extent, elementLimit: limit) }
      count = product
    }
    if count > hsize_t(limit) { throw .tooLarge(object: path, file: filePath, shape: extent, elementLimit: limit) }
    return Int(count)
  }

  private var elementSize: Double {
    get throws(HDF5Error) {
      let id = try id
      let type = try Handle({ H5Dget_type(id) }, orThrow: failure("read"))
      return Double(Library.call { H5Tget_size(type.id) })
    }
  }

  private var fileSize: hsize_t {
    get throws(HDF5Error) {
      let fileID = try owner.openID
      var size: hsize_t = 0
      try Library.check({ H5Fget_filesize(fileID, &size) }, orThrow: failure("read"))
      return size
    }
  }

  private func array<Element>(
    count: Int, _ fill: (UnsafeMutableBufferPointer<Element>) throws(HDF5Error) -> Void
  ) throws(HDF5Error) -> [Element] {
    // The standard library would write a count of 0 into the storage that all empty arrays share, a data race.
    if count == 0 { return [] }
    var failure: HDF5Error?
    let result = [Element](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      do throws(HDF5Error) {
        try fill(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
        initializedCount = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return result
  }

  /// - Parameter rows: `nil` for everything.
  private func readElements<Element: HDF5Element>(
    rows: Range<Int>?, into buffer: UnsafeMutableBufferPointer<Element>
  ) throws(HDF5Error) {
    guard let start = buffer.baseAddress, !buffer.isEmpty else { return }
    try transfer(Element.elementType, rows: rows, "read") { memoryType, memory, file, properties, id in
      H5Dread(id, memoryType, memory, file, properties, start)
    }
    if Element.elementType == .boolean {
      // Other bytes than 0 and 1 are no Bool, and a file may contain any.
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      if let byte = bytes.first(where: { $0 > 1 }) {
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        throw wrongType(expected: "booleans (0 or 1)", found: "\(byte)")
      }
    }
  }

  /// Selects rows, `nil` for everything, and lets `body` read or write them.
  private func transfer(
    _ wanted: ElementType, rows: Range<Int>?, _ action: String,
    _ body: (_ memoryType: hid_t, _ memory: hid_t, _ file: hid_t, _ properties: hid_t, _ dataset: hid_t) -> herr_t
  ) throws(HDF5Error) {
    let id = try id
    let failure = failure(action)
    let properties = try transferProperties(orThrow: failure)
    // Integers in the file cannot become the enumeration, but bytes of 0 and 1 are what a Bool is.
    let inMemory = wanted == .boolean && elementType != .boolean ? .integer(bits: 8, signed: true) : wanted
    let memoryType = try inMemory.makeType(orThrow: failure)

    func diagnose(_ reasons: [String]) -> HDF5Error {
      reasons.contains { $0.contains("conversion exception") }
        ? wrongType(expected: "\(wanted)", found: "a number out of their range") : failure(reasons)
    }
    guard let rows else {
      try Library.check({ body(memoryType.id, shim_all(), shim_all(), properties.id, id) }, orThrow: diagnose)
      return
    }
    var count = try extent
    var start = [hsize_t](repeating: 0, count: rank)
    start[0] = hsize_t(rows.lowerBound)
    count[0] = hsize_t(rows.count)
    let file = try Handle({ H5Dget_space(id) }, orThrow: failure)
    let memory = try Handle({ H5Screate_simple(Int32(rank), count, nil) }, orThrow: failure)
    try Library.check({ H5Sselect_hyperslab(file.id, H5S_SELECT_SET, start, nil, count, nil) }, orThrow: failure)
    try Library.check({ body(memoryType.id, memory.id, file.id, properties.id, id) }, orThrow: diagnose)
  }

  /// Transfers that fail where HDF5 would silently clip a number to the range of its new type.
  private func transferProperties(orThrow failure: ([String]) -> HDF5Error) throws(HDF5Error) -> Handle {
    let properties = try Handle({ H5Pcreate(shim_dataset_transfer_class()) }, orThrow: failure)
    try Library.check(
      {
        H5Pset_type_conv_cb(
          properties.id,
          { exception, _, _, _, _, _ in
            exception == H5T_CONV_EXCEPT_RANGE_HI || exception == H5T_CONV_EXCEPT_RANGE_LOW
              ? H5T_CONV_ABORT : H5T_CONV_UNHANDLED
          }, nil)
      }, orThrow: failure)
    return properties
  }
}
