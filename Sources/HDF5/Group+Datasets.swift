import CHDF5
import Support

extension Group {
  /// Writes an array of fixed shape, and makes missing groups on the way.
  /// - Parameters:
  ///   - values: the elements in row-major order, as many as the shape has.
  ///   - shape: empty for a single value.
  /// - Throws: ``HDF5Error/alreadyExists(object:file:)``.
  @discardableResult
  public func write<Element: HDF5Element>(
    _ name: String, _ values: UnsafeBufferPointer<Element>, shape: [Int]
  ) throws(HDF5Error) -> Dataset {
    let count = shape.reduce(1, *)
    demand(values.count == count, "'\(name)' of shape \(shape) has \(count) elements, got \(values.count)")
    let dataset = try makeDataset(
      name, of: Element.elementType, shape: shape, largestShape: shape.map(hsize_t.init), chunk: nil)
    try dataset.fill(with: values)
    return dataset
  }

  /// Writes an array of fixed shape; absent, the shape is one dimension.
  @discardableResult
  public func write<Element: HDF5Element>(
    _ name: String, _ values: [Element], shape: [Int]? = nil
  ) throws(HDF5Error) -> Dataset {
    try values.withUnsafeBufferPointer { buffer throws(HDF5Error) in
      try write(name, buffer, shape: shape ?? [values.count])
    }
  }

  /// Creates a dataset without rows that grows by ``Dataset/append(_:)-([Element])``, and missing groups on the way.
  /// - Parameters:
  ///   - type: the type of the stored elements.
  ///   - rowShape: shape of one row, empty for single values.
  ///   - chunkRows: rows per chunk, the unit of storage. Larger chunks waste space at the end; a chunk of more than
  ///     1 MiB does not fit HDF5's cache and is rewritten at every append.
  /// - Throws: ``HDF5Error/alreadyExists(object:file:)``.
  public func createDataset<Element: HDF5Element>(
    _ name: String, of type: Element.Type, rowShape: [Int] = [], chunkRows: Int
  ) throws(HDF5Error) -> Dataset {
    demand(chunkRows > 0, "a chunk of '\(name)' needs at least one row, got \(chunkRows)")
    demand(rowShape.allSatisfy { $0 > 0 }, "rows of '\(name)' cannot be empty, got shape \(rowShape)")
    return try makeDataset(
      name, of: Element.elementType, shape: [0] + rowShape,
      largestShape: [shim_unlimited()] + rowShape.map(hsize_t.init), chunk: [chunkRows] + rowShape)
  }

  /// Reads a whole dataset; see ``Dataset/read(as:shape:elementLimit:)``.
  public func read<Element: HDF5Element>(
    _ name: String, as type: Element.Type = Element.self, shape: [Int?]? = nil,
    elementLimit: Int = Dataset.defaultElementLimit
  ) throws(HDF5Error) -> [Element] {
    try dataset(name).read(as: type, shape: shape, elementLimit: elementLimit)
  }

  private func makeDataset(
    _ name: String, of elementType: ElementType, shape: [Int], largestShape: [hsize_t], chunk: [Int]?
  ) throws(HDF5Error) -> Dataset {
    let id = try vacantPlace(for: name)
    let failure = failure("create dataset '\(name)' in")
    let type = try elementType.makeType(orThrow: failure)
    let links = try linkProperties()
    let properties = try Handle({ H5Pcreate(shim_dataset_create_class()) }, orThrow: failure)
    if let chunk = chunk?.map(hsize_t.init) {
      try Library.check({ H5Pset_chunk(properties.id, Int32(chunk.count), chunk) }, orThrow: failure)
    }
    let extent = shape.map(hsize_t.init)
    let space = try Handle({ H5Screate_simple(Int32(extent.count), extent, largestShape) }, orThrow: failure)
    let handle = try Handle(
      { H5Dcreate2(id, name, type.id, space.id, links.id, properties.id, shim_default_properties()) },
      orThrow: failure)
    return try Dataset(owner: owner, dataset: handle, path: fullPath(of: name))
  }
}
