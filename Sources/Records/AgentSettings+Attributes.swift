import Agents
import HDF5
import SettingDeclarations

extension AgentSettings {
  /// The settings that files keep among the attributes of `/networks`.
  package static let recorded = AgentSettings.groups.flatMap { $0.settings }.filter { $0.roles.contains(.networks) }

  /// Writes them as attributes, but for those that are left open.
  package func write(to networks: Group) throws {
    for setting in Self.recorded {
      switch setting.scalar(in: values) {
      case .integer(let value): try networks.setAttribute(setting.key, value)
      case .number(let value): try networks.setAttribute(setting.key, value)
      case .flag(let value): try networks.setAttribute(setting.key, value)
      case .text("default"): continue
      case .text(let value): try networks.setAttribute(setting.key, value)
      }
    }
  }

  /// Reads them back. One that a file does not have because it came later means what programs did then.
  /// - Throws: `HDF5Error`; ``CheckpointError/outOfRange(attribute:value:file:)``.
  package mutating func read(from networks: Group) throws {
    for setting in Self.recorded {
      if try setting.roles.contains(.isLater) && !networks.attributeExists(setting.key) {
        setting.setEarlierValue(&values)
        continue
      }
      let found: SettingScalar =
        switch setting.scalar(in: values) {
        case .integer: .integer(try networks.attribute(setting.key))
        case .number: .number(try networks.attribute(setting.key))
        case .flag: .flag(try networks.attribute(setting.key))
        case .text("default"): .number(try networks.attribute(setting.key))
        case .text: .text(try networks.attribute(setting.key))
        }
      if !setting.set(&values, to: found) {
        throw CheckpointError.outOfRange(attribute: setting.key, value: "\(found)", file: networks.filePath)
      }
    }
  }
}
