import SystemPackage

/// What the operating system refused to do with a file.
public struct FileError: Error, Equatable, CustomStringConvertible {
  public let path: String
  /// `read`, `replace`.
  public let action: String
  public let code: Errno

  public init(path: String, action: String, code: Errno) {
    self.path = path
    self.action = action
    self.code = code
  }

  /// The system's words.
  public var reason: String { "\(code)" }

  /// One line: what, where.
  public var description: String { "cannot \(action) '\(path)': \(reason)" }
}

/// A file's bytes, be it a pipe; of one longer than `limit`, `limit` + 1.
public func readFile(at path: String, limit: Int) throws(FileError) -> [UInt8] {
  do {
    let file = try FileDescriptor.open(FilePath(path), .readOnly)
    return try file.closeAfter {
      var bytes: [UInt8] = []
      let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 14, alignment: 16)
      defer { room.deallocate() }
      while bytes.count <= limit {
        let count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: room.prefix(limit + 1 - bytes.count)))
        if count == 0 { break }
        bytes += room.prefix(count)
      }
      return bytes
    }
  } catch {
    throw FileError(path: path, action: "read", code: error as? Errno ?? .ioError)
  }
}
