import Glibc
import Support

import Gym

/// Where the simulation models are: the folder that HPO_ASSETS names, else the installed program's, else the package's own Assets.
public enum AssetFolder {
  public static var path: String {
    if let given = getenv("HPO_ASSETS"), given.pointee != 0 { return String(cString: given) }
    if let installed = InstalledFiles.path(of: "share/hpo/models") { return installed }
    return String(#filePath.dropLast("Sources/Environments/AssetFolder.swift".count)) + "Assets"
  }

  /// The path of a MuJoCo model as Gymnasium reads `xml_file`: what begins with '.', '/' or '~' is a path already,
  /// anything else a file among the shipped models.
  static func model(_ file: String) throws(EnvironmentError) -> String {
    if file.hasPrefix("/") || file.hasPrefix(".") || file.hasPrefix("~") { return AbsolutePath.of(file) }
    let folder = path + "/mujoco"
    guard access(folder + "/" + file, F_OK) == 0 else { throw .modelNotFound(file: file, folder: folder) }
    return folder + "/" + file
  }
}
