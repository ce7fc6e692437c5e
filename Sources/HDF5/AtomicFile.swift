import Glibc

/// Files that are replaced as a whole: whoever looks, after a crash too, finds the old content or the new.
public enum AtomicFile {
  /// Replaces a file by one that `write` makes at the temporary path it is given, in the same directory.
  ///
  /// The new file is synchronized, renamed over the old one, and its directory is synchronized. If anything fails the
  /// temporary file is removed and the old file stays. A symbolic link stays one: what it points to is replaced. The temporary file is
  /// one that nobody had: `<path>.tmp`, or `<path>.tmp1` and so on where that name is taken.
  /// - Throws: what `write` throws, or ``HDF5Error/fileSystem(path:action:reason:)``; the latter too for a device, a pipe or a socket,
  ///   over which nothing can be renamed without taking it away from whoever uses it.
  public static func replace(at path: String, writing write: (_ temporaryPath: String) throws -> Void) throws {
    let path = try destination(of: path)
    let temporaryPath = try claimTemporaryName(for: path)
    do {
      try write(temporaryPath)
      try synchronize(temporaryPath)
      guard rename(temporaryPath, path) == 0 else {
        throw HDF5Error.fileSystem(path: path, action: "replace", reason: systemErrorText())
      }
    } catch {
      unlink(temporaryPath)
      throw error
    }
    try synchronize(directory(of: path))
  }

  /// Where a rename onto `path` has to go: the end of a chain of symbolic links, whether or not there is a file yet.
  private static func destination(of path: String) throws(HDF5Error) -> String {
    var path = path
    // As many links as the kernel itself follows.
    for _ in 0...40 {
      var information = stat()
      guard lstat(path, &information) == 0 else { return path }
      switch information.st_mode & S_IFMT {
      case S_IFLNK:
        var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        guard readlink(path, &target, Int(PATH_MAX)) >= 0 else {
          throw .fileSystem(path: path, action: "follow the link", reason: systemErrorText())
        }
        let linked = String(decoding: target.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        path = linked.hasPrefix("/") ? linked : "\(directory(of: path))/\(linked)"
      case S_IFREG: return path
      case S_IFDIR: throw .fileSystem(path: path, action: "replace", reason: systemErrorText(EISDIR))
      default:
        throw .fileSystem(path: path, action: "replace", reason: "It is a device, pipe or socket, not a file; name a file")
      }
    }
    throw .fileSystem(path: path, action: "follow the link", reason: systemErrorText(ELOOP))
  }

  /// Makes an empty file beside `path` under a name that was free.
  private static func claimTemporaryName(for path: String) throws(HDF5Error) -> String {
    for number in 0..<1000 {
      let candidate = path + ".tmp" + (number == 0 ? "" : "\(number)")
      let descriptor = open(candidate, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 {
        close(descriptor)
        return candidate
      }
      if errno != EEXIST { throw .fileSystem(path: candidate, action: "create", reason: systemErrorText()) }
    }
    throw .fileSystem(path: path + ".tmp", action: "create", reason: "It and 999 names like it are taken; remove them")
  }

  /// Replaces a file by a text in UTF-8.
  /// - Throws: ``HDF5Error/fileSystem(path:action:reason:)``.
  public static func replace(at path: String, with text: String) throws {
    try replace(at: path) { temporaryPath in
      let descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
      func failure(_ action: String) -> HDF5Error {
        .fileSystem(path: temporaryPath, action: action, reason: systemErrorText())
      }
      guard descriptor >= 0 else { throw failure("create") }
      defer { Glibc.close(descriptor) }
      var rest = Array(text.utf8)[...]
      while !rest.isEmpty {
        let written = rest.withUnsafeBytes { bytes in Glibc.write(descriptor, bytes.baseAddress, bytes.count) }
        if written < 0 && errno == EINTR { continue }
        guard written > 0 else { throw failure("write") }
        rest = rest.dropFirst(written)
      }
    }
  }

  private static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func synchronize(_ path: String) throws(HDF5Error) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    defer { if descriptor >= 0 { close(descriptor) } }
    guard descriptor >= 0, fsync(descriptor) == 0 else {
      throw .fileSystem(path: path, action: "synchronize", reason: systemErrorText())
    }
  }
}

extension HDF5File {
  /// Replaces a file atomically by one that `write` fills; see ``AtomicFile/replace(at:writing:)``.
  ///
  /// The file handed to `write` is closed afterwards, with every group and dataset in it.
  public static func replace(at path: String, _ write: (_ file: HDF5File) throws -> Void) throws {
    try AtomicFile.replace(at: path) { temporaryPath in
      let file = try HDF5File.create(at: temporaryPath)
      try write(file)
      try file.flush()
      try file.close()
    }
  }
}

/// The operating system's words for an error number.
func systemErrorText(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }
