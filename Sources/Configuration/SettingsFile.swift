import Gym
import SettingDeclarations
import Support
import Yams

/// Settings as YAML of flat keys.
public enum SettingsFile {
  /// Bytes: a file of every setting has two thousand.
  private static let largestFile = 1 << 16

  /// The entries of a YAML file; a pipe will do.
  public static func entries(ofFile path: String) throws(SettingsError) -> [SettingEntry] {
    let text: String
    do {
      text = try YAMLText.contents(ofFile: path, limit: largestFile)
    } catch {
      throw .unreadable(file: path, reason: error.reason)
    }
    return try entries(yaml: text, source: path)
  }

  /// The entries of YAML text.
  /// - Parameter path: where the text comes from, for messages.
  public static func entries(yaml text: String, source path: String) throws(SettingsError) -> [SettingEntry] {
    let root: Node?
    do {
      root = try YAMLText.compose(text, limit: largestFile)
    } catch {
      throw .unreadable(file: path, reason: error.reason)
    }
    guard let root else { return [] }
    guard let mapping = root.mapping else { throw .unreadable(file: path, reason: "it holds no 'key: value' lines") }
    var entries: [SettingEntry] = []
    for (key, value) in mapping {
      let source = "\(path), line \(key.mark?.line ?? 1)"
      let name = key.string ?? "?"
      guard let text = value.settingText else {
        throw .invalidValue(
          key: name, value: "a nested value", expectation: "a single value; keys are flat, 'environment.<name>' included",
          source: source)
      }
      entries.append(SettingEntry(key: name, value: text, source: source))
    }
    return entries
  }

  /// Entries as YAML that ``entries(yaml:source:)`` takes back, as does whatever reads YAML 1.1 or 1.2: text that could be read as
  /// anything else is quoted.
  static func yaml(_ entries: [(key: String, value: Node)]) -> String {
    let mapping = Node(entries.map { (Node($0.key, Tag(.str), style(of: $0.key)), $0.value) }, Tag(.map), .block)
    do {
      return try Yams.serialize(node: mapping, width: -1, allowUnicode: true)
    } catch {
      trap("settings are no YAML: \(error)")
    }
  }

  static func text(_ value: String) -> Node { Node(value, Tag(.str), style(of: value)) }

  /// A number or a flag, which needs no quotes, as it is to stand.
  static func plain(_ text: String) -> Node { Node(text, Tag(.str), .plain) }

  static func list(_ parts: [String]) -> Node { Node(parts.map { plain($0) }, Tag(.seq), .flow) }

  private static func style(of text: String) -> Node.Scalar.Style {
    let letters = text.unicodeScalars.first.map { ("a"..."z").contains($0) || ("A"..."Z").contains($0) } ?? false
    let isPlain = text.unicodeScalars.allSatisfy {
      ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0) || "._/-".unicodeScalars.contains($0)
    }
    return letters && isPlain && !meaningful.contains(text.lowercased()) ? .plain : .doubleQuoted
  }

  /// Words that some reader of YAML takes for something else than text.
  private static let meaningful: Set = ["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf", "infinity"]
}

extension Settings {
  /// Every setting in force, in the order of `config.yaml`, as text.
  var entries: [(key: String, value: String)] {
    var entries = [("environment", environment), ("algorithm", algorithm.name)]
    if let variant { entries.append(("name", variant)) }
    entries += catalogue.settings.map { ($0.key, $0.text(in: values)) }
    return entries + environmentParameters.sorted { $0.key < $1.key }.map { ("environment.\($0.key)", $0.value.entryText) }
  }

  /// Every setting in force as a YAML file that ``SettingsFile/entries(ofFile:)`` takes back.
  public var yaml: String {
    var nodes = [("environment", SettingsFile.text(environment)), ("algorithm", SettingsFile.text(algorithm.name))]
    if let variant { nodes.append(("name", SettingsFile.text(variant))) }
    nodes += catalogue.settings.map { setting in
      let text = setting.text(in: values)
      return (setting.key, setting.isText(in: values) ? SettingsFile.text(text) : SettingsFile.plain(text))
    }
    nodes += environmentParameters.sorted { $0.key < $1.key }.map { ("environment.\($0.key)", $0.value.node) }
    return SettingsFile.yaml(nodes)
  }
}

extension ParameterValue {
  private static func text(_ value: Double) -> String {
    let text = NumberText.yaml(value)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// As ``SettingsFile/entries(yaml:source:)`` reads ``node``.
  fileprivate var entryText: String {
    switch self {
    case .bool(let value): "\(value)"
    case .number(let value): Self.text(value)
    case .string(let value): value
    case .pair(let low, let high): "[\(Self.text(low)), \(Self.text(high))]"
    }
  }

  fileprivate var node: Node {
    switch self {
    case .bool, .number: SettingsFile.plain(entryText)
    case .string(let value): SettingsFile.text(value)
    case .pair(let low, let high): SettingsFile.list([Self.text(low), Self.text(high)])
    }
  }
}

extension Node {
  /// A scalar's text, or a list of scalars as `[a, b]`; `nil` for anything else.
  package var settingText: String? {
    if let scalar { return scalar.string }
    guard let sequence else { return nil }
    let parts = sequence.compactMap { $0.scalar?.string }
    return parts.count == sequence.count ? "[\(parts.joined(separator: ", "))]" : nil
  }
}
