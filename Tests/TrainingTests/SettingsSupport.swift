import Configuration
import Environments

extension Settings {
  /// Of this package's environments.
  init(_ assignments: [String], environment: String? = nil) throws {
    let entries = try assignments.map { try SettingEntry(assignment: $0) }
    try self.init(layers: entries, environment: environment, in: EnvironmentCatalog.registry)
  }
}
