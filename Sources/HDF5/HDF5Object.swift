import CHDF5

/// Something with a path in a file: a group, a dataset, or the file itself as its root group.
///
/// Objects keep their file open; ``HDF5File/close()`` closes them all, and using one afterwards throws
/// ``HDF5Error/fileClosed(file:)``. A file and its objects belong to one thread at a time, so none is `Sendable`; the
/// C library itself is guarded by one lock for the whole process.
public class HDF5Object {
  let owner: OpenFile
  private let handle: Handle
  /// Where in the file, from the root: `/networks/policy`.
  public let path: String

  init(owner: OpenFile, handle: consuming Handle, path: String) {
    self.owner = owner
    self.handle = handle
    self.path = path
  }

  /// The file's path as it was given when the file was opened.
  public var filePath: String { owner.path }

  var id: hid_t {
    get throws(HDF5Error) {
      _ = try owner.openID
      return handle.id
    }
  }

  /// Makes the error of a failed call from the action in words, such as "write".
  func failure(_ action: String) -> ([String]) -> HDF5Error {
    { [path, filePath] reasons in
      .library(action: action, object: path, file: filePath, reason: Library.systemReason(in: reasons) ?? reasons[0])
    }
  }
}

/// The identifier of an open file, shared by the objects in it.
final class OpenFile {
  let path: String
  private var id: hid_t?

  init(path: String, id: hid_t) {
    self.path = path
    self.id = id
  }

  var openID: hid_t {
    get throws(HDF5Error) {
      guard let id else { throw .fileClosed(file: path) }
      return id
    }
  }

  func close() throws(HDF5Error) {
    guard let id else { return }
    self.id = nil
    try Library.check({ H5Fclose(id) }) { [path] reasons in
      .library(action: "close", object: "/", file: path, reason: Library.systemReason(in: reasons) ?? reasons[0])
    }
  }

  deinit {
    if let id { Library.call { H5Fclose(id) } }
  }
}
