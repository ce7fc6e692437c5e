import CBullet

import Glibc
import Support

/// Bullet's shared library, loaded when the first world needs it, so that only users of its tasks have to build it.
public enum Library {
  /// The file that HPO_BULLET_LIBRARY names, else the installed program's, else the one that `make setup-bullet` puts into the package.
  public static var path: String {
    if let given = getenv("HPO_BULLET_LIBRARY"), given.pointee != 0 { return String(cString: given) }
    if let installed = InstalledFiles.path(of: "lib/hpo/libhpobullet.so") { return installed }
    return String(#filePath.dropLast("Sources/Bullet/Library.swift".count)) + "Vendor/bullet/lib/libhpobullet.so"
  }

  /// Whether the library has been built; says nothing about whether it works.
  public static var isBuilt: Bool { access(path, F_OK) == 0 }

  /// Loads the library, once per process.
  public static func load() throws(BulletError) { _ = try functions.get() }

  /// Its functions; they outlive every world.
  static let functions: Result<Functions, BulletError> = load(path)

  /// Whether a file is a library that this could use; for tests of what is said when it is not.
  package static func verify(_ path: String) throws(BulletError) { _ = try load(path).get() }

  private static func load(_ path: String) -> Result<Functions, BulletError> {
    guard access(path, F_OK) == 0 else { return .failure(.libraryMissing(path: path)) }
    let functions = UnsafeMutablePointer<BulletFunctions>.allocate(capacity: 1)
    if let reason = bullet_load(path, functions) {
      defer { functions.deallocate() }
      return .failure(.libraryUnusable(path: path, reason: String(cString: reason)))
    }
    return .success(Functions(pointer: functions))
  }

  /// Bullet's messages on this thread since the last call, as one line without its source locations.
  static func takeMessages() -> String {
    String(cString: bullet_take_messages()).split(whereSeparator: \.isNewline)
      .filter { !$0.hasPrefix("b3Warning[") && !$0.hasPrefix("b3Error[") }
      .flatMap { $0.split(separator: " ") }.joined(separator: " ")
  }
}

/// The table of Bullet's functions: written once, then only read.
struct Functions: @unchecked Sendable {
  let pointer: UnsafePointer<BulletFunctions>

  init(pointer: UnsafeMutablePointer<BulletFunctions>) { self.pointer = UnsafePointer(pointer) }
}
