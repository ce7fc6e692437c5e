import Glibc

/// Paths that mean the same from any folder.
public enum AbsolutePath {
  /// A path that begins with '.', '/' or '~' as an absolute one without '.', '..' and doubled slashes; other names as they are.
  ///
  /// A '..' after a symbolic link stays: what it leads to is the link's business.
  public static func of(_ path: String) -> String {
    var full = path
    if path.hasPrefix("~") { full = expandingHome(path) }
    if full.hasPrefix(".") {
      guard let folder = getcwd(nil, 0) else { return path }
      defer { free(folder) }
      full = String(cString: folder) + "/" + full
    }
    guard full.hasPrefix("/") else { return path }
    var parts: [Substring] = []
    for part in full.split(separator: "/") where part != "." {
      if part == "..", parts.last != "..", !isLink("/" + parts.joined(separator: "/")) {
        _ = parts.popLast()
      } else {
        parts.append(part)
      }
    }
    return "/" + parts.joined(separator: "/")
  }

  private static func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  /// '~' and '~user', as a shell and Gymnasium do.
  private static func expandingHome(_ path: String) -> String {
    let user = path.dropFirst().prefix { $0 != "/" }
    let rest = path.dropFirst(1 + user.count)
    if user.isEmpty, let home = getenv("HOME") { return String(cString: home) + rest }
    guard let entry = user.isEmpty ? getpwuid(getuid()) : getpwnam(String(user)) else { return path }
    return String(cString: entry.pointee.pw_dir) + rest
  }
}
