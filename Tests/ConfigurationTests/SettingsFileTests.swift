import Agents
import Configuration
import Environments
import Foundation
import Gym
import Random
import Support
import TestSupport
import Testing

@Suite struct SettingsFileTests {
  /// Characters that some reader of YAML minds somewhere. But for a byte order mark at a text's beginning, which Foundation takes away.
  private static let characters = Array("abzAZ09 _-+.,:;#'\"\\/|>&*!%@`{}[]()<>=?~^$\t\n\r\u{0}\u{7}\u{1B}\u{85}\u{A0}\u{2028}éλ漢🤖")

  private static let words = [
    "", " ", "yes", "no", "on", "Off", "y", "N", "null", "~", "true", "False", "1e5", "1e-05", "0x1F", "010", "1:30", ".inf", "-.INF",
    ".nan", "nan", "1_000", "2024-01-01", "- a", "? b", "a: b", "a #b", "#b", "--- a", "...", "<<", "=", "default", "[1, 2]", "{a: 1}",
    "my models/ant #2.xml", "C:\\models\\a: b.xml", "'quoted'", "\"quoted\"", "!tag", "|", ">", "%directive", "a\nb", "&a *b", "a\u{FEFF}b",
    "\" &a [*a] \"", " lead", "trail ",
  ]

  private func strings() -> [String] {
    var generator = SeededGenerator(seed: 1)
    return Self.words
      + (0..<2000).map { _ in
        String((0..<Int.random(in: 0...12, using: &generator)).map { _ in Self.characters.randomElement(using: &generator)! })
      }
  }

  private func settings(text: String) -> Settings {
    var settings = Settings(environment: "Own-v0", algorithm: .sac)
    settings.environmentParameters = ["text": .string(text), "after": .number(1)]
    return settings
  }

  @Test func `whatever a text holds, it comes back from the file as it was, and nothing beside it is disturbed`() throws {
    for text in strings() {
      let yaml = settings(text: text).yaml
      let values = Dictionary(
        uniqueKeysWithValues: try SettingsFile.entries(yaml: yaml, source: "test").map { ($0.key, $0.value) })
      #expect(values["environment.text"] == text, "\(text.debugDescription)")
      #expect(values["environment.after"] == "1")
      let back = try Settings(recorded: yaml, source: "test")
      #expect(back.environmentParameters["text"] == .string(text))
      #expect(back == settings(text: text))
    }
  }

  @Test func `whatever a number is, it comes back to the last bit`() throws {
    var generator = SeededGenerator(seed: 2)
    var numbers = [1e-5, 1e20, 5e-324, .greatestFiniteMagnitude, 0.1, 3e-4, 1e16, 123_456_789_012_345_680, 1, 1e-4]
    for _ in 0..<2000 {
      let number = Double(bitPattern: generator.next() & ~(1 << 63))
      if number.isFinite && number > 0 { numbers.append(number) }
    }
    for number in numbers {
      var settings = Settings(environment: "Own-v0", algorithm: .sac)
      settings.multiplierLimit = number
      settings.environmentParameters = ["pair": .pair(-number, .infinity), "number": .number(number)]
      let back = try Settings(recorded: settings.yaml, source: "test")
      #expect(back.multiplierLimit.bitPattern == number.bitPattern)
      let parameters = try Parameters(
        back.environmentParameters,
        descriptors: [
          ParameterDescriptor(name: "pair", kind: .pair, defaultValue: .pair(0, 0), meaning: ""),
          ParameterDescriptor(name: "number", kind: .number(), defaultValue: 0, meaning: ""),
        ], environment: "Own-v0")
      #expect(parameters["pair"] == .pair(-number, .infinity))
      #expect(parameters["number"] == .number(number))
    }
  }

  /// YAML 1.1's patterns, https://yaml.org/type/float.html and /int.html, as PyYAML has them: 1e-05 and inf are text to it.
  @Test func `numbers are numbers to other readers, and texts are no numbers`() throws {
    let float = /[-+]?([0-9][0-9_]*)\.[0-9_]*([eE][-+][0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)/
    let int = /[-+]?(0|[1-9][0-9_]*)/
    var settings = Settings(environment: "Hopper-v2", algorithm: .sac)
    settings.learningRate = 1e-5
    settings.alpha = 1e22
    settings.environmentParameters = ["range": .pair(-1e-7, .infinity), "file": "1e5"]
    let lines = settings.yaml.split(separator: "\n").map(String.init)
    #expect(lines.contains("learning_rate: 1.0e-05") && lines.contains("alpha: 1.0e+22"))
    #expect(lines.contains("exploration_gain: 1.0"))
    #expect(lines.contains("environment.range: [-1.0e-07, .inf]") && lines.contains("environment.file: \"1e5\""))
    for line in lines {
      let value = line.components(separatedBy: ": ")[1]
      let isNumber = NumberText.double(value) != nil
      #expect(isNumber == (value.wholeMatch(of: float) != nil || value.wholeMatch(of: int) != nil), "\(line)")
    }
  }

  @Test func `what another program writes for a number is read, alike in files, flags and an environment's parameters`() throws {
    let numbers: [(text: String, value: Double?)] = [
      ("1e3", 1000), ("1E3", 1000), ("1_000", 1000), ("+5", 5), (".5", 0.5), ("5.", 5), ("5.e1", 50), ("1.0e-05", 1e-5), (" 7 ", 7),
      (".inf", .infinity), (".INF", .infinity), (".Inf", .infinity), ("-.inf", -.infinity), ("inf", .infinity), ("Infinity", .infinity),
      ("", nil), ("1__0", 10), ("_1", nil), ("1_", nil), ("1_.5", nil), ("--1", nil), ("+-1", nil), ("e5", nil), (".", nil), ("1e", nil),
      ("ten", nil), ("1 0", nil), ("0x10", nil),
    ]
    for (text, value) in numbers {
      #expect(NumberText.double(text) == value, "'\(text)'")
      #expect(NumberText.integer(text) == value.flatMap { Int(exactly: $0) }, "'\(text)'")
      let range = try? EnvironmentCatalog.complete(["healthy_z_range": .string("[0.7, \(text)]")], of: "Hopper-v5")
      #expect(range?["healthy_z_range"] == value.flatMap { $0 >= 0.7 ? .pair(0.7, $0) : nil }, "'\(text)'")
    }
    #expect(try Settings(["batch_size=1_6", "gamma=.5", "steps=1e3"], environment: "Hopper").batchSize == 16)
    #expect(NumberText.integer("9007199254740993") == 9_007_199_254_740_993)
    #expect(NumberText.integer("99999999999999999999") == nil)
  }

  @Test(arguments: [
    ("a: b\n\tc: d\n", "line 2, column 1: found a tab character that violates indentation while scanning a plain scalar that begins in line 1"),
    ("seed: 1\nalpha:0.3\n", "line 3, column 1: could not find expected ':' while scanning a simple key that begins in line 2"),
    ("seed: \"1\n", "line 2, column 1: found unexpected end of stream while scanning a quoted scalar that begins in line 1"),
    ("seed: @x\n", "line 1, column 7: found character that cannot start any token while scanning for the next token that begins in line 1"),
    ("seed: 1\nseed: 2\n", "line 1: 'seed' stands there twice"),
  ])
  func `YAML that is none is refused with line, column and reason`(_ example: (yaml: String, reason: String)) {
    let error = #expect(throws: SettingsError.self) { try SettingsFile.entries(yaml: example.yaml, source: "a.yaml") }
    guard case .unreadable("a.yaml", let reason) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason == example.reason)
  }

  @Test func `settings come from a pipe too, and what the system will not read is said in its words`() throws {
    let folder = try TemporaryFolder()
    let pipe = "\(folder.path)/pipe"
    try #require(mkfifo(pipe, 0o600) == 0)
    let writer = Thread { try? Data("gamma: 0.5\n".utf8).write(to: URL(fileURLWithPath: pipe)) }
    writer.start()
    #expect(try SettingsFile.entries(ofFile: pipe).map(\.value) == ["0.5"])
    func reason(_ path: String) -> String? {
      guard case .unreadable(_, let reason) = #expect(throws: SettingsError.self, performing: { try SettingsFile.entries(ofFile: path) })
      else { return nil }
      return reason
    }
    #expect(reason(folder.path) == "Is a directory")
    #expect(reason("\(folder.path)/none.yaml") == "there is no such file")
    try Data([0x61, 0xFF]).write(to: URL(fileURLWithPath: "\(folder.path)/bytes.yaml"))
    #expect(reason("\(folder.path)/bytes.yaml") == "it is no text in UTF-8")
    // Root may read everything.
    try Data("seed: 1\n".utf8).write(to: URL(fileURLWithPath: "\(folder.path)/closed.yaml"))
    chmod("\(folder.path)/closed.yaml", 0)
    if geteuid() != 0 { #expect(reason("\(folder.path)/closed.yaml") == "Permission denied") }
  }
}
