import Configuration
import Environments
import Foundation
import Support
import Testing

/// What program 0.1.0 wrote into `config.yaml`, for every algorithm on every task.
@Suite struct DefaultsTests {
  private struct Example {
    var task: String
    var algorithm: String
    /// Nil where the algorithm was refused there.
    var values: [String: String]?
  }

  private func examples() throws -> [Example] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "defaults-0.1.txt")
    var examples: [Example] = []
    for block in try String(contentsOf: file, encoding: .utf8).components(separatedBy: "== ").dropFirst() {
      let lines = block.split(separator: "\n").map(String.init)
      let names = lines[0].split(separator: " ").map(String.init)
      guard lines.dropFirst() != ["refused"] else {
        examples.append(Example(task: names[0], algorithm: names[1]))
        continue
      }
      var values = examples.first?.values ?? [:]
      for line in lines.dropFirst() {
        if line.hasPrefix("absent ") {
          values[String(line.dropFirst(7))] = nil
        } else {
          let parts = line.components(separatedBy: ": ")
          values[parts[0]] = parts[1]
        }
      }
      examples.append(Example(task: names[0], algorithm: names[1], values: values))
    }
    return examples
  }

  @Test func `defaults are the earlier program's`() throws {
    let examples = try examples()
    try #require(examples.count == 162)
    for example in examples {
      let said = ["algorithm=\(example.algorithm)", "steps=1", "evaluation_episodes=1", "threads=2"]
      guard let recorded = example.values else {
        #expect(throws: SettingsError.self) { try Settings(said, environment: example.task) }
        continue
      }
      let settings = try Settings(said, environment: example.task)
      let entries = try SettingsFile.entries(yaml: settings.yaml, source: "settings")
      let now = Dictionary(uniqueKeysWithValues: entries.map { ($0.key, $0.value) })
      for (key, value) in recorded where key != "multiplier_rate" {
        let expected = NumberText.double(value).map { Int(value) == nil ? NumberText.yaml($0) : value }
        #expect(
          now[key] == expected ?? (value.hasPrefix("[") ? value.replacing("inf", with: ".inf") : value), "\(example.task) \(example.algorithm) \(key)"
        )
      }
      // Multipliers count otherwise than they did then, and so does torque's limit.
      let changes =
        (example.task.hasPrefix("Ant") ? ["cost_kind: sum there, average now"] : []) + [
          "multiplier_limit: .inf there, 100.0 now", "multiplier_normalizes: false there, true now", "multiplier_rate: 0.1 there, 1.0 now",
          "multiplier_schedule: episodes there, steps now",
        ]
      #expect(
        settings.differences(from: try RecordedSettings(yaml: yaml(recorded), source: "recorded"))
          == (recorded["constraint"] == "none" ? [] : changes))
    }
  }

  private func yaml(_ values: [String: String]) -> String { values.map { "\($0.key): \($0.value)\n" }.joined() }
}
