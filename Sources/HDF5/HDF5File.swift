import CHDF5
import Glibc

/// An open HDF5 file, which is also its root group.
///
/// Files are written in the format of HDF5 1.10, the oldest that allows a single writer and multiple readers (SWMR):
///
/// ```swift
/// let file = try HDF5File.create(at: "curve.h5")
/// let steps = try file.createDataset("step", of: Int64.self, chunkRows: 256)
/// try file.startSWMRWrite()  // from here on readers may open the file; no more objects or attributes
/// try steps.append(1000)
/// try steps.flush()  // from here on they see the row
/// try file.close()
/// ```
///
/// ``close()`` reports what went wrong while the last data were written; a file that merely goes out of scope is closed
/// too, silently, once its last group or dataset is gone.
public final class HDF5File: Group {
  /// How to open a file that exists.
  public struct Mode: Equatable, Sendable {
    let flags: UInt32
    let recovers: Bool
    /// Whether metadata whose checksum is wrong are taken for ones being written, and read again.
    var expectsWriter = true
    var locks = true

    /// Reading a file that nobody writes.
    public static let readOnly = readOnly(swmr: false)
    /// Reading and writing; refused while another process has the file open.
    public static let readWrite = readWrite(recovering: false)

    /// Reading; with `swmr`, possible while an SWMR writer writes. ``Dataset/refresh()`` then shows what was added.
    public static func readOnly(swmr: Bool) -> Mode {
      Mode(flags: swmr ? shim_read_only() | shim_swmr_read() : shim_read_only(), recovers: false)
    }

    /// Reading a file that a killed writer may have left marked as being written, when nobody writes it now: what is damaged is
    /// refused at once, where a reader beside a writer would try again for minutes.
    public static let readOnlyAfterWriter = Mode(
      flags: shim_read_only() | shim_swmr_read(), recovers: false, expectsWriter: false)

    /// Reading and writing; with `recovering`, a file is accepted as a killed SWMR writer left it: marked as being written,
    /// and of another length than it says. The caller makes sure that the writer is dead: SWMR writers hold no lock that
    /// would tell.
    public static func readWrite(recovering: Bool) -> Mode {
      Mode(flags: shim_read_write(), recovers: recovering)
    }

    /// SWMR writing from the first moment, with no state in between that readers could not open; as after
    /// ``HDF5File/startSWMRWrite()``.
    public static let swmrWrite = Mode(flags: shim_read_write() | shim_swmr_write(), recovers: false)

    /// The same without HDF5's own lock, which every reader holds while it opens the file: for a writer that another lock keeps other
    /// writers away from, and that no reader shall hold up.
    public var withoutLock: Mode {
      var mode = self
      mode.locks = false
      return mode
    }
  }

  /// Version of the HDF5 library in use, such as `1.10.8`.
  public static var libraryVersion: String {
    var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
    Library.call { H5get_libversion(&major, &minor, &release) }
    return "\(major).\(minor).\(release)"
  }

  /// Creates a file, replacing one that exists. To replace an existing file atomically, use ``replace(at:_:)``.
  public static func create(at path: String) throws(HDF5Error) -> HDF5File {
    let id = try withOrWithoutLocks { locks throws(HDF5Error) in
      let access = try accessProperties(for: path, locks: locks)
      return try Library.check({ H5Fcreate(path, shim_truncate(), shim_default_properties(), access.id) }) { reasons in
        diagnose(path, reasons, action: "create")
      }
    }
    return try HDF5File(OpenFile(path: path, id: id))
  }

  /// Opens a file that exists.
  /// - Throws: ``HDF5Error/fileMissing(file:)``, ``HDF5Error/notHDF5(file:reason:)``,
  ///   ``HDF5Error/markedAsBeingWritten(file:reason:)`` or ``HDF5Error/lockRefused(file:reason:)``.
  public static func open(at path: String, mode: Mode = .readOnly) throws(HDF5Error) -> HDF5File {
    let id = try withOrWithoutLocks(mode.locks) { locks throws(HDF5Error) in
      let access = try accessProperties(
        for: path, locks: locks, recovers: mode.recovers, expectsWriter: mode.expectsWriter)
      return try Library.check({ H5Fopen(path, mode.flags, access.id) }) { reasons in
        diagnose(path, reasons, action: "open")
      }
    }
    let file = OpenFile(path: path, id: id)
    if mode.recovers {
      // The superblock is written last: blocks that others already refer to may lie behind the end it knows, and space there
      // must not be given out again.
      try Library.check({ H5Fincrement_filesize(id, 0) }) { reasons in diagnose(path, reasons, action: "open") }
    }
    return try HDF5File(file)
  }

  /// Network file systems may have no locks; HDF5's are a second guard that can be done without, unless they are held.
  private static func withOrWithoutLocks(
    _ locks: Bool = true, _ open: (_ locks: Bool) throws(HDF5Error) -> hid_t
  ) throws(HDF5Error) -> hid_t {
    do throws(HDF5Error) {
      return try open(locks)
    } catch .lockRefused(_, let reason) where !reason.contains("errno = \(EWOULDBLOCK),") {
      return try open(false)
    }
  }

  private init(_ owner: OpenFile) throws(HDF5Error) {
    let id = try owner.openID
    let root = try Handle({ H5Gopen2(id, "/", shim_default_properties()) }) { reasons in
      .notHDF5(file: owner.path, reason: reasons[0])
    }
    super.init(owner: owner, handle: root, path: "/")
  }

  /// Lets SWMR readers in. Groups, datasets and attributes must exist by now; datasets may only grow from here on.
  public func startSWMRWrite() throws(HDF5Error) {
    let id = try owner.openID
    try Library.check({ H5Fstart_swmr_write(id) }, orThrow: failure("start SWMR writing of"))
  }

  /// Hands everything written so far to the operating system, where other processes see it.
  public func flush() throws(HDF5Error) {
    let id = try owner.openID
    try Library.check({ H5Fflush(id, H5F_SCOPE_LOCAL) }, orThrow: failure("flush"))
  }

  /// Flushes and waits until the data are on the storage device, to survive a power failure.
  public func synchronize() throws(HDF5Error) {
    try flush()
    let id = try owner.openID
    var descriptor: UnsafeMutableRawPointer?
    try Library.check(
      { H5Fget_vfd_handle(id, shim_default_properties(), &descriptor) }, orThrow: failure("synchronize"))
    guard let descriptor, fsync(descriptor.load(as: Int32.self)) == 0 else {
      owner.isAbandoned = true
      throw .fileSystem(path: filePath, action: "synchronize", reason: systemErrorText())
    }
  }

  /// Writes what is pending and closes the file with all its groups and datasets. Closing twice is harmless.
  public func close() throws(HDF5Error) {
    try owner.close()
  }

  /// How many files, groups, datasets and attributes are open through this file, itself and its root group included.
  package var openObjectCount: Int {
    get throws(HDF5Error) {
      let id = try owner.openID
      return try Library.check({ H5Fget_obj_count(id, shim_all_objects()) }, orThrow: failure("count objects of"))
    }
  }

  private static func accessProperties(
    for path: String, locks: Bool, recovers: Bool = false, expectsWriter: Bool = true
  ) throws(HDF5Error) -> Handle {
    let failure: ([String]) -> HDF5Error = { reasons in
      .library(action: "prepare access to", object: "/", file: path, reason: reasons[0])
    }
    let access = try Handle({ H5Pcreate(shim_file_access_class()) }, orThrow: failure)
    // SWMR needs 1.10's format. Naming it, not "latest", keeps files readable by 1.10 whatever library wrote them.
    try Library.check({ H5Pset_libver_bounds(access.id, H5F_LIBVER_V110, H5F_LIBVER_V110) }, orThrow: failure)
    // Closing a file shall close it, even if a dataset is still referred to.
    try Library.check({ H5Pset_fclose_degree(access.id, H5F_CLOSE_STRONG) }, orThrow: failure)
    if !expectsWriter { try Library.check({ H5Pset_metadata_read_attempts(access.id, 1) }, orThrow: failure) }
    if !locks { try Library.check({ H5Pset_file_locking(access.id, false, true) }, orThrow: failure) }
    if recovers {
      // The properties of the h5clear tool; they have no functions of their own.
      for property in ["clear_status_flags", "skip_eof_check"] {
        try Library.check(
          {
            var yes = true
            return H5Pset(access.id, property, &yes)
          }, orThrow: failure)
      }
    }
    return access
  }

  private static func diagnose(_ path: String, _ reasons: [String], action: String) -> HDF5Error {
    var information = stat()
    if stat(path, &information) != 0 {
      let code = errno
      if action == "open" && (code == ENOENT || code == ENOTDIR) { return .fileMissing(file: path) }
      if action == "open" { return .fileSystem(path: path, action: action, reason: systemErrorText(code)) }
    } else if information.st_mode & S_IFMT == S_IFDIR {
      return .fileSystem(path: path, action: action, reason: systemErrorText(EISDIR))
    }
    func reason(containing texts: String...) -> String? {
      reasons.first { reason in texts.contains { text in reason.contains(text) } }
    }
    if let reason = reason(containing: "unable to lock file", "unable to lock the file") {
      return .lockRefused(file: path, reason: reason)
    }
    if let reason = reason(containing: "already open for", "clear file consistency flags") {
      return .markedAsBeingWritten(file: path, reason: reason)
    }
    if let reason = Library.systemReason(in: reasons) { return .fileSystem(path: path, action: action, reason: reason) }
    return action == "open"
      ? .notHDF5(file: path, reason: reasons[0])
      : .library(action: action, object: "/", file: path, reason: reasons[0])
  }
}
