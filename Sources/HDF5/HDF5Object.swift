import CHDF5

/// Something with a path in a file: a group, a dataset, or the file itself as its root group.
///
/// Objects keep their file open; ``HDF5File/close()`` closes them all, and using one afterwards throws
/// ``HDF5Error/fileClosed(file:)``. A file and its objects belong to one thread at a time, so none is `Sendable`; the
/// C library itself is guarded by one lock for the whole process.
public class HDF5Object {
  let owner: OpenFile
  private var handle: Handle?
  private let objectID: hid_t
  /// Where in the file, from the root: `/networks/policy`.
  public let path: String

  init(owner: OpenFile, handle: consuming Handle, path: String) {
    self.owner = owner
    objectID = handle.id
    self.handle = consume handle
    self.path = path
  }

  deinit {
    if owner.isAbandoned { handle.take()?.abandon() }
  }

  /// The file's path as it was given when the file was opened.
  public var filePath: String { owner.path }

  var id: hid_t {
    get throws(HDF5Error) {
      _ = try owner.openID
      return objectID
    }
  }

  /// Makes the error of a failed call from the action in words, such as "write".
  func failure(_ action: String) -> ([String]) -> HDF5Error {
    { [owner, path, filePath] reasons in
      let systemReason = Library.systemReason(in: reasons)
      if systemReason != nil { owner.isAbandoned = true }
      return .library(action: action, object: path, file: filePath, reason: systemReason ?? reasons[0])
    }
  }
}

/// The identifier of an open file, shared by the objects in it.
final class OpenFile {
  let path: String
  private var id: hid_t?
  /// The system refused what was to be written or read. Closing the file would try again, and libhdf5 1.10.8 crashes over what it
  /// could not write: such a file is left as it is.
  var isAbandoned = false

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
    if isAbandoned { return }
    try Library.check({ H5Fclose(id) }) { [path] reasons in
      .library(action: "close", object: "/", file: path, reason: Library.systemReason(in: reasons) ?? reasons[0])
    }
  }

  deinit {
    if let id, !isAbandoned { Library.call { H5Fclose(id) } }
  }
}
