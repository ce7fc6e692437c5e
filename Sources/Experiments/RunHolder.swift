import Foundation
import Records

/// The living process that is at work in a run's directory, as far as can be seen from here without touching its lock: to try the lock
/// would turn a run away that tries it at the same moment.
public enum RunHolder: Equatable, Sendable {
  /// A process of this machine, by the system's own table of locks.
  case process(String)
  /// Said to be another machine's, whose locks cannot be seen from here.
  case elsewhere(String)

  /// - Returns: `nil` where nobody is.
  public static func of(_ directory: RunDirectory) -> RunHolder? {
    let path = "\(directory.path)/.lock"
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    let text = ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
    let name = text.isEmpty ? "another process" : text
    if isLockedHere(status, holder: text) || isLockedOverNetwork(path) { return .process(name) }
    let host = text.range(of: " on ").map { String(text[$0.upperBound...]) }
    return host == nil || host == ProcessInfo.processInfo.hostName ? nil : .elsewhere(name)
  }

  /// `/proc/locks`: `1: FLOCK ADVISORY WRITE 123 08:01:131 0 EOF`. The device there is not always the one that `stat` tells (overlays,
  /// btrfs), so the process may stand for it.
  private static func isLockedHere(_ status: stat, holder: String) -> Bool {
    guard let table = try? String(contentsOfFile: "/proc/locks", encoding: .utf8) else { return false }
    let device = String(format: "%02x:%02x:%llu", major(status.st_dev), minor(status.st_dev), UInt64(status.st_ino))
    let process = holder.split(separator: " ").dropFirst().first ?? ""
    for line in table.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count >= 6, words[1] == "FLOCK" else { continue }
      if words[5] == device || (words[4] == process && words[5].hasSuffix(":\(status.st_ino)")) { return true }
    }
    return false
  }

  /// Network file systems turn `flock` into a lock on the file's bytes, which can be asked for.
  private static func isLockedOverNetwork(_ path: String) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var question = flock()
    question.l_type = Int16(F_WRLCK)
    question.l_whence = Int16(SEEK_SET)
    return fcntl(descriptor, F_GETLK, &question) == 0 && question.l_type != Int16(F_UNLCK)
  }

  // As the C library's macros have it.
  private static func major(_ device: dev_t) -> UInt32 { UInt32((device >> 8) & 0xfff) | UInt32((device >> 32) & ~0xfff) }
  private static func minor(_ device: dev_t) -> UInt32 { UInt32(device & 0xff) | UInt32((device >> 12) & ~0xff & 0xffff_ffff) }
}
