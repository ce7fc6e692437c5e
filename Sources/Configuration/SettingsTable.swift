import SettingDeclarations

extension AlgorithmCatalogue {
  /// The settings as a table in Markdown, for documentation: `hpo settings --markdown` prints it.
  public var table: String {
    (["| key | values | default | is |", "|---|---|---|---|"] + settings.map { row($0) }).joined(separator: "\n")
  }

  private func row(_ setting: some AnySetting) -> String {
    let (symbol, unit) = (setting.symbol.map { " \($0)" } ?? "", setting.unit.map { " \($0)" } ?? "")
    return "| `\(setting.key)`\(symbol) | \(setting.allowed.brief)\(unit) | \(standard(setting)) | \(setting.meaning) |"
  }

  private func standard(_ setting: some AnySetting) -> String {
    if let derivation = setting.derivation { return derivation }
    let plain = SettingValues()
    let byTask = TaskDefaults.all.contains { $0.origin(of: setting) == .given }
    let byAlgorithm = algorithms.contains { setting.text(in: $0.bundle) != setting.text(in: plain) }
    let text = setting.text(in: plain)
    return byTask ? "\(text); by task" : byAlgorithm ? "\(text); by algorithm" : text
  }
}
