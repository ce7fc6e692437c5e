#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

import Gym

/// Where the simulation models are: the folder that HPO_ASSETS names, else the package's own Assets.
public enum AssetFolder {
  public static var path: String {
    if let given = getenv("HPO_ASSETS"), given.pointee != 0 { return String(cString: given) }
    return String(#filePath.dropLast("Sources/Environments/AssetFolder.swift".count)) + "Assets"
  }

  /// The path of a MuJoCo model as Gymnasium reads `xml_file`: what begins with '.', '/' or '~' is a path already,
  /// anything else a file among the shipped models.
  static func model(_ file: String) throws(EnvironmentError) -> String {
    if file.hasPrefix("/") || file.hasPrefix(".") { return file }
    if file.hasPrefix("~") { return expandingHome(file) }
    let folder = path + "/mujoco"
    guard access(folder + "/" + file, F_OK) == 0 else { throw .modelNotFound(file: file, folder: folder) }
    return folder + "/" + file
  }

  private static func expandingHome(_ file: String) -> String {
    let user = file.dropFirst().prefix { $0 != "/" }
    let rest = file.dropFirst(1 + user.count)
    if user.isEmpty, let home = getenv("HOME") { return String(cString: home) + rest }
    guard let entry = user.isEmpty ? getpwuid(getuid()) : getpwnam(String(user)) else { return file }
    return String(cString: entry.pointee.pw_dir) + rest
  }
}
