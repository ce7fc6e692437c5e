import Foundation

/// Keeps a second process off a run directory for as long as the object lives. The system drops it with the process, so none is
/// ever left behind by a crash.
package final class RunLock {
  private let descriptor: Int32
  private let directory: RunDirectory

  private static func file(of directory: RunDirectory) -> String { "\(directory.path)/.lock" }

  /// - Parameter warn: told when the file system has no locks; the run goes on without.
  /// - Throws: ``RunError/alreadyRunning(path:holder:)``, naming the process that holds the lock.
  package init(_ directory: RunDirectory, warn: (String) -> Void) throws(RunError) {
    let path = Self.file(of: directory)
    self.directory = directory
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw .directoryNotWritable(path: directory.path, reason: String(cString: strerror(errno)))
    }
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let code = errno
      if code == EWOULDBLOCK {
        let holder = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        throw .alreadyRunning(path: directory.path, holder: holder.isEmpty ? "another process" : holder)
      }
      warn("'\(directory.path)' is on a file system without locks (\(String(cString: strerror(code)))); start no second run there")
      return
    }
    let text = "process \(ProcessInfo.processInfo.processIdentifier) on \(ProcessInfo.processInfo.hostName)"
    ftruncate(descriptor, 0)
    _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
  }

  /// Makes sure that the directory is still the one that was locked: what is written there is this run's to replace.
  /// - Throws: ``RunError/directoryReplaced(path:)``.
  package func requireHeld() throws(RunError) {
    var (held, present) = (stat(), stat())
    guard fstat(descriptor, &held) == 0, stat(Self.file(of: directory), &present) == 0, held.st_ino == present.st_ino,
      held.st_dev == present.st_dev
    else { throw .directoryReplaced(path: directory.path) }
  }

  deinit { Foundation.close(descriptor) }
}
