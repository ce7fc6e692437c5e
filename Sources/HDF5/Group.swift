import CHDF5
import Support

/// A folder in a file. Names may be paths, `networks/policy/0`; a leading slash starts at the root.
public class Group: HDF5Object {
  /// Creates a group, and the groups on the way to it.
  /// - Throws: ``HDF5Error/alreadyExists(object:file:)``.
  @discardableResult
  public func createGroup(_ name: String) throws(HDF5Error) -> Group {
    let id = try vacantPlace(for: name)
    let links = try linkProperties()
    let handle = try Handle(
      { H5Gcreate2(id, name, links.id, shim_default_properties(), shim_default_properties()) },
      orThrow: failure("create group '\(name)' in"))
    return Group(owner: owner, handle: handle, path: fullPath(of: name))
  }

  /// The group of this name.
  /// - Throws: ``HDF5Error/missing(object:file:)``; ``HDF5Error/wrongType(object:file:expected:found:)`` for a dataset.
  public func group(_ name: String) throws(HDF5Error) -> Group {
    let handle = try openObject(name, kind: H5I_GROUP)
    return Group(owner: owner, handle: handle, path: fullPath(of: name))
  }

  /// The dataset of this name.
  /// - Throws: ``HDF5Error/missing(object:file:)``; ``HDF5Error/wrongType(object:file:expected:found:)`` for a group.
  public func dataset(_ name: String) throws(HDF5Error) -> Dataset {
    let handle = try openObject(name, kind: H5I_DATASET)
    return try Dataset(owner: owner, dataset: handle, path: fullPath(of: name))
  }

  /// The dataset of this name, after a look at what it holds.
  /// - Parameters:
  ///   - type: what it must be readable as.
  ///   - shape: what its shape must be; `nil` allows any size, as in `[nil, 11]`.
  /// - Throws: as ``dataset(_:)``, ``Dataset/requireElements(of:)`` and ``Dataset/requireShape(_:)``.
  public func dataset(
    _ name: String, of type: (some HDF5Element).Type, shape: [Int?]
  ) throws(HDF5Error) -> Dataset {
    let dataset = try dataset(name)
    try dataset.requireElements(of: type)
    try dataset.requireShape(shape)
    return dataset
  }

  /// Whether there is a group or dataset of this name. A link that leads nowhere does not count.
  /// - Throws: ``HDF5Error/implausible(object:file:reason:)`` for a link into another file.
  public func exists(_ name: String) throws(HDF5Error) -> Bool {
    let id = try id
    let access = try linkAccess()
    var prefix = name.hasPrefix("/") ? "/" : ""
    let components = name.split(separator: "/")
    for (index, component) in components.enumerated() {
      prefix += index == 0 ? String(component) : "/" + component
      let place = prefix
      let lookUp = failure("look up '\(name)' in")
      // H5Oexists_by_name is an error, not false, where the link itself is missing.
      guard try Library.check({ H5Lexists(id, place, access.id) }, orThrow: lookUp) > 0 else { return false }
      if try Library.check({ shim_is_external_link(id, place, access.id) }, orThrow: lookUp) > 0 {
        throw .implausible(object: fullPath(of: place), file: filePath, reason: "it is a link into another file")
      }
      guard try Library.check({ H5Oexists_by_name(id, place, access.id) }, orThrow: lookUp) > 0
      else { return false }
      if index < components.count - 1 {
        let object = try Handle({ H5Oopen(id, place, access.id) }, orThrow: lookUp)
        guard Library.call({ H5Iget_type(object.id) }) == H5I_GROUP else { return false }
      }
    }
    return true
  }

  /// Names of the groups and datasets directly in this group, in the order of their bytes (`episode_10` before
  /// `episode_2`).
  public var childNames: [String] {
    get throws(HDF5Error) {
      let id = try id
      var information = H5G_info_t()
      try Library.check({ H5Gget_info(id, &information) }, orThrow: failure("list"))
      var names: [String] = []
      for index in 0..<information.nlinks {
        func name(into buffer: UnsafeMutablePointer<CChar>?, size: Int) -> Int {
          H5Lget_name_by_idx(
            id, ".", H5_INDEX_NAME, H5_ITER_INC, index, buffer, size, shim_default_properties())
        }
        let length = try Library.check({ name(into: nil, size: 0) }, orThrow: failure("list"))
        var bytes = [CChar](repeating: 0, count: length + 1)
        try Library.check({ name(into: &bytes, size: bytes.count) }, orThrow: failure("list"))
        names.append(String(decoding: bytes.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
      }
      return names
    }
  }

  func fullPath(of name: String) -> String {
    if name.hasPrefix("/") { return name }
    return path == "/" ? "/" + name : path + "/" + name
  }

  /// This group's identifier, once it is certain that the name is free.
  func vacantPlace(for name: String) throws(HDF5Error) -> hid_t {
    demand(name.contains { $0 != "/" }, "an object needs a name, got '\(name)'")
    if try exists(name) { throw .alreadyExists(object: fullPath(of: name), file: filePath) }
    return try id
  }

  /// How names are stored (UTF-8), and that missing groups on the way are made.
  func linkProperties() throws(HDF5Error) -> Handle {
    let properties = try Handle({ H5Pcreate(shim_link_create_class()) }, orThrow: failure("write into"))
    try Library.check({ H5Pset_create_intermediate_group(properties.id, 1) }, orThrow: failure("write into"))
    try Library.check({ H5Pset_char_encoding(properties.id, H5T_CSET_UTF8) }, orThrow: failure("write into"))
    return properties
  }

  private func openObject(_ name: String, kind: H5I_type_t) throws(HDF5Error) -> Handle {
    guard try exists(name) else { throw .missing(object: fullPath(of: name), file: filePath) }
    let id = try id
    let access = try linkAccess()
    let handle = try Handle({ H5Oopen(id, name, access.id) }, orThrow: failure("open '\(name)' in"))
    let found = Library.call { H5Iget_type(handle.id) }
    if found != kind {
      let words = [H5I_GROUP.rawValue: "a group", H5I_DATASET.rawValue: "a dataset"]
      throw .wrongType(
        object: fullPath(of: name), file: filePath, expected: words[kind.rawValue] ?? "something else",
        found: words[found.rawValue] ?? "a named type")
    }
    return handle
  }

  /// Properties under which names lead nowhere but into this file, soft links included: whoever names a file means its own content.
  private func linkAccess() throws(HDF5Error) -> Handle {
    let properties = try Handle({ H5Pcreate(shim_link_access_class()) }, orThrow: failure("read"))
    try Library.check({ H5Pset_elink_cb(properties.id, { _, _, _, _, _, _, _ in -1 }, nil) }, orThrow: failure("read"))
    return properties
  }
}
