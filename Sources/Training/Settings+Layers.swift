import Environments
import Foundation
import Yams

/// Runs a check of one entry; what it throws is said to come from where the entry was written.
private func located<Value>(_ entry: SettingEntry, _ check: () throws -> Value) throws -> Value {
  do {
    return try check()
  } catch {
    throw SettingsError.located(source: entry.source, "\(error)")
  }
}

/// One `key: value` and where it was written, for messages.
public struct SettingEntry: Sendable, Equatable {
  /// As in ``SettingKey/name``, or `environment.<name>`.
  public var key: String
  /// As written.
  public var value: String
  /// `settings.yaml, line 3` or `--set`.
  public var source: String

  /// - Parameter source: where it was written, for messages.
  public init(key: String, value: String, source: String) {
    self.key = key
    self.value = value
    self.source = source
  }

  /// Parses `key=value`.
  public init(assignment: String) throws(SettingsError) {
    guard let equals = assignment.firstIndex(of: "="), equals > assignment.startIndex else {
      throw .invalidValue(key: "--set", value: assignment, expectation: "key=value", source: "command line")
    }
    self.init(
      key: String(assignment[..<equals]), value: String(assignment[assignment.index(after: equals)...]), source: "--set")
  }
}

extension Settings {
  /// Built-in defaults, then each layer's entries in order, later ones winning.
  ///
  /// Defaults depend on the environment and the algorithm, so the last mention of these is looked up first.
  /// - Throws: ``SettingsError``, or `EnvironmentError` for the environment's name and parameters.
  public init(layers entries: [SettingEntry], environment: String? = nil) throws {
    func last(_ key: String) -> SettingEntry? { entries.last { $0.key == key } }
    guard let name = environment ?? last("environment")?.value else {
      throw SettingsError.contradiction("no environment was named; 'hpo env list' shows them")
    }
    let id = try EnvironmentCatalog.id(of: name)
    for entry in entries where entry.key == "environment" {
      let other = try located(entry) { try EnvironmentCatalog.id(of: entry.value) }
      if other != id { throw SettingsError.contradiction("\(entry.source): 'environment' is \(other), but \(id) was asked for") }
    }
    let algorithm = try last("algorithm").map { entry in
      try located(entry) { try Algorithm(named: entry.value) }
    }
    self.init(environment: id, algorithm: algorithm ?? .sacHPO)
    for entry in entries { try take(entry) }
    derivePolicyDefaults(unless: Set(entries.map(\.key)))
    environmentParameters = try EnvironmentCatalog.complete(environmentParameters, of: id)
    self = try resolved()
  }

  private mutating func take(_ entry: SettingEntry) throws {
    if entry.key == "environment" || entry.key == "algorithm" { return }
    if entry.key.hasPrefix("environment.") {
      let name = String(entry.key.dropFirst("environment.".count))
      environmentParameters[name] = .string(entry.value)
      // Checked one by one, so that a message can say where the wrong one was written.
      try located(entry) { _ = try EnvironmentCatalog.complete([name: .string(entry.value)], of: environment) }
      return
    }
    guard let key = SettingKey.named(entry.key) else {
      let names = SettingKey.all.map(\.name) + ["environment", "algorithm"]
      throw SettingsError.unknownKey(entry.key, nearest: nearestName(to: entry.key, among: names), source: entry.source)
    }
    if !key.set(&self, entry.value) {
      throw SettingsError.invalidValue(
        key: entry.key, value: entry.value, expectation: key.expectation, source: entry.source)
    }
  }

  /// The entries of a YAML file of flat keys.
  public static func entries(ofFile path: String) throws(SettingsError) -> [SettingEntry] {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw .unreadable(file: path, reason: FileManager.default.fileExists(atPath: path)
        ? "it is no readable UTF-8 text" : "there is no such file")
    }
    return try entries(yaml: text, source: path)
  }

  /// The entries of YAML text.
  /// - Parameter path: where the text comes from, for messages.
  static func entries(yaml text: String, source path: String) throws(SettingsError) -> [SettingEntry] {
    guard text.utf8.count <= largestFile else {
      throw .unreadable(file: path, reason: "it has \(text.utf8.count) bytes, settings have at most \(largestFile)")
    }
    // A few aliases of aliases are a value of any size; comparing two such keys takes forever.
    guard !(text.usesMark("&") && text.usesMark("*")) else {
      throw .unreadable(file: path, reason: "settings have no anchors and aliases (&name and *name)")
    }
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch {
      let reason = "\(error)".split(separator: "\n").first.map(String.init) ?? "it is not YAML"
      throw .unreadable(file: path, reason: reason)
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

  /// Bytes: a file of every setting has two thousand.
  private static let largestFile = 1 << 16

  /// Every setting in force as a YAML file that ``entries(ofFile:)`` takes back.
  public var yaml: String {
    var lines = ["environment: \(environment)", "algorithm: \(algorithm.rawValue)"]
    lines += SettingKey.all.map { "\($0.name): \($0.text(self))" }
    lines += environmentParameters.sorted { $0.key < $1.key }.map { "environment.\($0.key): \($0.value)" }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension Algorithm {
  /// - Throws: ``SettingsError/unknownAlgorithm(_:nearest:)``.
  public init(named name: String) throws(SettingsError) {
    guard let algorithm = Algorithm(rawValue: name) else {
      throw .unknownAlgorithm(name, nearest: nearestName(to: name, among: Self.allCases.map(\.rawValue)))
    }
    self = algorithm
  }
}

extension String {
  /// Whether a character stands where YAML has anchors and aliases: at a word's beginning. True also of some comments and quotations.
  fileprivate func usesMark(_ mark: Unicode.Scalar) -> Bool {
    var before: Unicode.Scalar = "\n"
    var isAtStart = false
    for scalar in unicodeScalars {
      if isAtStart && !scalar.properties.isWhitespace { return true }
      let endsWord = before.properties.isWhitespace || "[{,:?-\u{FEFF}".unicodeScalars.contains(before)
      isAtStart = scalar == mark && endsWord
      before = scalar
    }
    return false
  }
}

extension Node {
  /// A scalar's text, or a list of scalars as `[a, b]`; `nil` for anything else.
  fileprivate var settingText: String? {
    if let scalar { return scalar.string }
    guard let sequence else { return nil }
    let parts = sequence.compactMap { $0.scalar?.string }
    return parts.count == sequence.count ? "[\(parts.joined(separator: ", "))]" : nil
  }
}
