import Configuration
import Foundation
import Support
import Yams

extension Plan {
  /// Reads a plan's file.
  /// - Throws: ``PlanError`` with file, key and line.
  public init(contentsOf path: String) throws(PlanError) {
    let text: String
    do {
      text = try YAMLText.contents(ofFile: path, limit: largestPlan)
    } catch {
      throw .unreadable(file: path, reason: error.reason)
    }
    try self.init(yaml: text, source: path)
  }

  /// - Parameter path: where the text comes from: for messages, and for the name of a plan that has none of its own.
  package init(yaml text: String, source path: String) throws(PlanError) {
    let document = PlanDocument(path: path)
    let content = try document.mapping(try document.compose(text))
    try document.requireKnown(content, Self.keys)
    func value(_ key: String) -> Node? { content.first { $0.name == key }?.value }
    func required(_ key: String) throws(PlanError) -> Node {
      guard let node = value(key) else { throw .missingKey(key, file: path) }
      return node
    }
    environments = try document.names(try required("environments"), of: "environments", as: "environment")
    algorithms = try document.names(try required("algorithms"), of: "algorithms", as: "algorithm")
    settings = try value("settings").map { node throws(PlanError) in try document.settings(node, of: "settings") } ?? []
    if let steps = value("steps") {
      settings.append(
        SettingEntry(key: "steps", value: try document.scalar(steps, of: "steps", "a number"), source: document.place(of: steps)))
    }
    variants = try value("variants").map { node throws(PlanError) in try document.variants(node) } ?? []
    seeds = try value("seeds").map { node throws(PlanError) in try document.seeds(node) } ?? [0]
    if let figure = value("figure") { try document.checkFigure(figure) }
    let given = value("name")
    let stem = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    let chosen = try given.map { node throws(PlanError) in try document.scalar(node, of: "name", "a name") } ?? stem
    guard Settings.isName(chosen) else {
      throw .notAFolderName(chosen, of: "the plan's name", source: given.map { document.place(of: $0) } ?? path)
    }
    name = chosen
  }

  /// The plans' files that paths name: each path itself, or the YAML files in it where it is a folder, by name.
  /// - Throws: ``PlanError/unreadable(file:reason:)`` for a folder without any.
  public static func files(in paths: [String]) throws(PlanError) -> [String] {
    var files: [String] = []
    for path in paths {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
        files.append(path)
        continue
      }
      let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0.hasSuffix(".yaml") && !$0.hasPrefix(".") }
      guard !names.isEmpty else { throw .unreadable(file: path, reason: "it is a folder without any .yaml file") }
      let folder = path.hasSuffix("/") ? String(path.dropLast()) : path
      files += names.sorted().map { "\(folder)/\($0)" }
    }
    return files
  }

  static let keys = ["name", "environments", "algorithms", "variants", "seeds", "steps", "settings", "figure"]
}

/// A plan's file: what is found there is said to be there.
private struct PlanDocument {
  let path: String

  func place(of node: Node) -> String { "\(path), line \(node.mark?.line ?? 1)" }

  func compose(_ text: String) throws(PlanError) -> Node {
    let root: Node?
    do {
      root = try YAMLText.compose(text, limit: largestPlan)
    } catch {
      throw .unreadable(file: path, reason: error.reason)
    }
    guard let root else { throw .unreadable(file: path, reason: "it is empty") }
    return root
  }

  func mapping(_ node: Node, of key: String? = nil) throws(PlanError) -> [(name: String, value: Node, place: String)] {
    guard let mapping = node.mapping else {
      guard let key else { throw .unreadable(file: path, reason: "a plan holds 'key: value' lines") }
      throw .invalidValue(key: key, value: abbreviated(node), expectation: "'name: value' pairs", source: place(of: node))
    }
    // A flow mapping's value may have no mark of its own; its key has.
    return mapping.map { ($0.key.scalar?.string ?? "?", $0.value, place(of: $0.key)) }
  }

  func requireKnown(_ content: [(name: String, value: Node, place: String)], _ known: [String]) throws(PlanError) {
    for entry in content where !known.contains(entry.name) {
      throw .unknownKey(entry.name, nearest: nearestName(to: entry.name, among: known), known: known, source: entry.place)
    }
  }

  func scalar(_ node: Node, of key: String, _ expectation: String) throws(PlanError) -> String {
    guard let text = node.scalar?.string, !text.isEmpty else {
      throw .invalidValue(key: key, value: abbreviated(node), expectation: expectation, source: place(of: node))
    }
    return text
  }

  /// One name, or a list of them.
  func names(_ node: Node, of key: String, as entry: String) throws(PlanError) -> [SettingEntry] {
    let items = node.sequence.map(Array.init) ?? [node]
    var names: [SettingEntry] = []
    for item in items {
      names.append(SettingEntry(key: entry, value: try scalar(item, of: key, "a list of names"), source: place(of: item)))
    }
    guard !names.isEmpty else {
      throw .invalidValue(key: key, value: "[]", expectation: "a list of names", source: place(of: node))
    }
    return names
  }

  func seeds(_ node: Node) throws(PlanError) -> [Int] {
    let texts = (node.sequence.map(Array.init) ?? [node]).map { $0.scalar?.string ?? "?" }
    let text = texts.joined(separator: ",")
    guard let seeds = Plan.seeds(text) else {
      throw .invalidValue(key: "seeds", value: text, expectation: "written 0-4 or 0,2,5-7", source: place(of: node))
    }
    return seeds
  }

  func variants(_ node: Node) throws(PlanError) -> [Plan.Variant] {
    var variants: [Plan.Variant] = []
    for entry in try mapping(node, of: "variants") {
      guard Settings.isName(entry.name) else {
        throw .notAFolderName(entry.name, of: "the variant", source: entry.place)
      }
      variants.append(Plan.Variant(name: entry.name, settings: try settings(entry.value, of: entry.name)))
    }
    return variants
  }

  func settings(_ node: Node, of key: String) throws(PlanError) -> [SettingEntry] {
    // 'base:' with nothing behind it is a variant that sets nothing.
    if node.scalar?.string == "" || node.null != nil { return [] }
    var entries: [SettingEntry] = []
    for entry in try mapping(node, of: key) {
      if let instead = Self.insteadOfSetting[entry.name] {
        throw .notASetting(key: entry.name, instead: instead, source: entry.place)
      }
      guard let text = entry.value.settingText else {
        throw .invalidValue(
          key: entry.name, value: abbreviated(entry.value), expectation: "a single value; keys are flat, 'environment.<name>' included",
          source: entry.place)
      }
      entries.append(SettingEntry(key: entry.name, value: text, source: entry.place))
    }
    return entries
  }

  private static let insteadOfSetting = [
    "environment": "the plan's 'environments' lists them", "algorithm": "the plan's 'algorithms' lists them",
    "seed": "the plan has 'seeds'", "steps": "the plan has 'steps', for all runs alike", "name": "a variant's name is its runs'",
  ]

  /// What a figure is drawn from concerns others; that its keys are known can be said here, before the runs are there.
  func checkFigure(_ node: Node) throws(PlanError) {
    try requireKnown(try mapping(node, of: "figure"), ["panels", "lines", "value", "title"])
  }

  private func abbreviated(_ node: Node) -> String {
    if let scalar = node.scalar { return scalar.string }
    return node.sequence == nil ? "a mapping" : "a list"
  }
}

/// Bytes.
private let largestPlan = 1 << 20
