import Foundation
import TestSupport
import Testing

/// Reference pages are the code's: what repeats it is compared with it.
@Suite struct ReferenceTests {
  private func page(_ path: String) throws -> Page { try Page(path) }

  private struct CommandFailure: Error, CustomStringConvertible {
    let description: String
  }

  private func output(_ command: [String]) throws -> String {
    let (output, exitCode) = try Tool.run(command, in: Page.root, showsErrors: false)
    guard exitCode == 0 else { throw CommandFailure(description: "\(command) ended with \(exitCode)") }
    return output
  }

  /// Cells of a page's table rows, without backticks.
  private func rows(of page: Page) -> [[String]] {
    page.text.split(separator: "\n").filter { $0.hasPrefix("| ") }.map { line in
      line.dropFirst().dropLast().components(separatedBy: "|").map {
        $0.trimmingCharacters(in: .whitespaces).replacingOccurrences(of: "`", with: "")
      }
    }
  }

  @Test(arguments: ["Commands.md", "Settings.md"]) func `make reference would change nothing`(_ name: String) throws {
    let folder = try TemporaryFolder()
    let hpo = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "hpo").path
    _ = try output(["Documentation/make-reference.sh", hpo, folder.path])
    let made = try String(contentsOfFile: "\(folder.path)/\(name)", encoding: .utf8)
    let lines = try page("Documentation/\(name)").text.components(separatedBy: "\n")
    for (index, line) in made.components(separatedBy: "\n").enumerated() {
      let standing = index < lines.count ? lines[index] : "nothing"
      try #require(line == standing, "\(name), line \(index + 1): the program says '\(line)'; run make reference")
    }
    #expect(made.components(separatedBy: "\n").count == lines.count)
  }

  @Test func `the paper's equations are in the files and symbols that the page names`() throws {
    var count = 0
    for row in rows(of: try page("Documentation/Equations.md")) where row.count == 4 && row[2].hasSuffix(".swift") {
      count += 1
      let file = Page.root.appending(path: "Sources/\(row[2])")
      let source = try String(contentsOf: file, encoding: .utf8)
      for symbol in row[3].components(separatedBy: ", ") {
        let name = symbol.prefix { $0 != "(" }
        let isDeclared = ["func", "struct", "class", "enum", "let", "var", "case", "protocol"].contains { source.contains("\($0) \(name)") }
        #expect(isDeclared, "\(row[2]) declares no \(name)")
      }
    }
    #expect(count >= 20)
  }

  // MARK: Architecture

  /// Targets of Package.swift that are rooms, Swift modules below Sources, with the package's own targets that they depend on.
  private func declaredGraph() throws -> [String: Set<String>] {
    let manifest = try String(contentsOf: Page.root.appending(path: "Package.swift"), encoding: .utf8)
    var graph: [String: Set<String>] = [:]
    for match in manifest.matches(of: /\.(?:executableTarget|target|systemLibrary)\(\s*name: "(\w+)"((?:[^()]|\([^()]*\))*)\)/) {
      let rest = String(match.2)
      guard !rest.contains("path: \"Tests/") else { continue }
      let list = rest.firstMatch(of: /dependencies: \[((?:[^\[\]]|\[[^\]]*\])*)\]/).map { String($0.1) } ?? ""
      let own = list.replacing(/\.product\([^)]*\)/, with: "")
      graph[String(match.1)] = Set(own.matches(of: /"(\w+)"/).map { String($0.1) })
    }
    return graph
  }

  @Test func `the architecture's graph is Package.swift's, and its numbers of lines are about right`() throws {
    let declared = try declaredGraph().filter { !$0.key.hasPrefix("C") || $0.key == "Configuration" }
    try #require(declared["hpo"]?.contains("HPOCommands") == true && declared.count > 15, "Package.swift is not read rightly: \(declared)")
    var shown: Set<String> = []
    for row in rows(of: try page("Documentation/Architecture.md")) where row.count == 4 && declared[row[0]] != nil {
      shown.insert(row[0])
      let uses = Set(row[2].components(separatedBy: ", ").filter { $0 != "" })
      #expect(uses == declared[row[0]], "\(row[0]) uses \(declared[row[0]]?.sorted().joined(separator: ", ") ?? "")")
      var lines = 0
      let files = FileManager.default.enumerator(at: Page.root.appending(path: "Sources/\(row[0])"), includingPropertiesForKeys: nil)
      for case let file as URL in files ?? .init() where file.pathExtension == "swift" {
        lines += try String(contentsOf: file, encoding: .utf8).count { $0 == "\n" }
      }
      let told = try #require(Int(row[3].replacingOccurrences(of: ",", with: "")), "\(row[0]) has a number of lines")
      #expect(abs(told - lines) <= max(50, lines / 5), "\(row[0]) has \(lines) lines")
    }
    #expect(shown == Set(declared.keys), "left out: \(Set(declared.keys).subtracting(shown).sorted())")
  }

  // MARK: Files to touch

  @Test func `the counts of files in CONTRIBUTING are those of the commits that it names`() throws {
    var count = 0
    for row in rows(of: try page("CONTRIBUTING.md")) where row.count == 5 && row[4].hasPrefix("\"") {
      let subject = row[4].replacingOccurrences(of: "\"", with: "")
      // Not in a shallow clone, nor in an archive.
      guard let found = try? output(["git", "log", "--format=%H %s", "--fixed-strings", "--grep", subject]),
        let line = found.split(separator: "\n").last(where: { $0.hasSuffix(subject) })
      else { continue }
      count += 1
      let commit = String(line.prefix { $0 != " " })
      let files = try output(["git", "show", "--format=", "--name-status", commit]).split(separator: "\n").filter { $0.contains("\tSources/") }
      let isNew = files.count { $0.hasPrefix("A") }
      #expect("\(isNew) + \(files.count - isNew)" == row[3], "\(subject): \(files)")
    }
    let isWhole = (try? output(["git", "rev-parse", "--is-shallow-repository"])) == "false\n"
    #expect(count >= 3 || !isWhole)
  }

  @Test func `a setting, a scalar and a task are named in as many files as CONTRIBUTING says`() throws {
    var sources: [String] = []
    let files = FileManager.default.enumerator(at: Page.root.appending(path: "Sources"), includingPropertiesForKeys: nil)
    for case let file as URL in files ?? .init() where file.pathExtension == "swift" {
      sources.append(try String(contentsOf: file, encoding: .utf8))
    }
    var count = 0
    for row in rows(of: try page("CONTRIBUTING.md")) where row.count == 4 && Int(row[3]) != nil {
      count += 1
      // Comments that mention it are not places to touch.
      let naming = sources.count { source in
        source.contains(row[2])
          && source.split(separator: "\n").contains { !$0.drop { $0 == " " }.hasPrefix("//") && $0.contains(row[2]) }
      }
      #expect(naming == Int(row[3]), "\(row[2])")
    }
    #expect(count == 4)
  }
}
