import CStartUp
import Glibc

/// What `make install` put around the program: `PREFIX/bin/hpo` finds it from where it is itself, wherever the prefix has been moved to.
public enum InstalledFiles {
  /// - Parameter name: relative to the prefix, such as `share/hpo/models`.
  /// - Returns: `nil` where there is no such file: the program runs where it was built.
  public static func path(of name: String) -> String? {
    guard let prefix else { return nil }
    let path = "\(prefix)/\(name)"
    return access(path, F_OK) == 0 ? path : nil
  }

  /// The folder that holds the program's `bin`; a program that lies elsewhere has none.
  private static let prefix: String? = {
    // Without /proc, what the system was asked to execute; Swift's own arguments are read from /proc.
    guard let program = resolved("/proc/self/exe") ?? start_up_program().flatMap({ resolved(String(cString: $0)) }) else { return nil }
    let parts = program.split(separator: "/")
    guard parts.count >= 2, parts[parts.count - 2] == "bin" else { return nil }
    return "/" + parts.dropLast(2).joined(separator: "/")
  }()

  private static func resolved(_ path: String) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
  }
}
