import Foundation
import Testing

/// A page of the documentation: its text and its code blocks.
///
/// Comments in the line before a block say what tests are to do with it:
///
///     <!-- not run: why -->       the block is no command of ours, or cannot be run where tests run
///     <!-- long: why -->          only `make test-docs` runs it
///     <!-- fresh clone: why -->   only `make test-docs` runs it, in a clone (Tests/DocumentationTests/first-hour.sh)
///     <!-- first: command -->     a command that has to come before
///     <!-- file: name -->         the block is written to this file
struct Page: Sendable, CustomTestStringConvertible {
  /// Below the root of the repository.
  let path: String
  let text: String
  let blocks: [Block]
  var testDescription: String { path }

  struct Block: Sendable {
    /// `nil` where none is named, and of indented commands.
    var language: String?
    var lines: [String] = []
    /// Of the page, counted from 1.
    var firstLine: Int
    var marks: [(name: String, text: String)] = []

    /// What a mark says.
    func mark(_ name: String) -> String? { marks.first { $0.name == name }?.text }
  }

  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  init(_ path: String) throws {
    self.path = path
    text = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
    blocks = Self.blocks(of: text)
  }

  /// The pages whose blocks are held to what they say.
  static let all: [Page] = {
    do {
      let folder = try FileManager.default.contentsOfDirectory(atPath: root.appending(path: "Documentation").path)
      let pages = folder.filter { $0.hasSuffix(".md") }.sorted().map { "Documentation/\($0)" }
      let others = ["README.md", "CONTRIBUTING.md", "Sources/Agents/Agents.docc/AddingToAgents.md"]
      return try (others + pages).map { try Page($0) }
    } catch {
      fatalError("the pages are not where they are looked for: \(error)")
    }
  }()

  private static let commands = ["hpo ", "make ", "git ", "swift ", "python", "cd ", "$python", "sbatch", "docker", "apptainer"]

  private static func blocks(of text: String) -> [Block] {
    var blocks: [Block] = []
    var marks: [(name: String, text: String)] = []
    var open: (block: Block, indent: Int, isFenced: Bool)?
    var previousIsBlank = true
    for (index, line) in (text.components(separatedBy: "\n") + [""]).enumerated() {
      let content = line.drop { $0 == " " }
      let indent = line.count - content.count
      if var current = open {
        if current.isFenced {
          if content.hasPrefix("```") {
            blocks.append(current.block)
            open = nil
            marks = []
          } else {
            current.block.lines.append(String(line.dropFirst(min(indent, current.indent))))
            open = current
          }
          continue
        }
        if indent >= 4 {
          current.block.lines.append(String(line.dropFirst(4)))
          open = current
          continue
        }
        let isCommand = current.block.lines.contains { line in commands.contains { line.hasPrefix($0) } }
        // Commands are fenced, so that nothing is run that was not meant to be.
        current.block.language = isCommand ? nil : "text"
        blocks.append(current.block)
        open = nil
        marks = []
      }
      if content.hasPrefix("```") {
        let language = content.dropFirst(3)
        open = (Block(language: language.isEmpty ? nil : String(language), firstLine: index + 2, marks: marks), indent, true)
      } else if indent >= 4, previousIsBlank, !content.isEmpty {
        open = (Block(lines: [String(line.dropFirst(4))], firstLine: index + 1, marks: marks), 4, false)
      } else if content.hasPrefix("<!--"), content.hasSuffix("-->") {
        let inside = content.dropFirst(4).dropLast(3)
        let parts = inside.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
        marks.append((parts[0], parts.count > 1 ? parts[1] : ""))
      } else if !content.isEmpty {
        marks = []
      }
      previousIsBlank = content.isEmpty
    }
    return blocks
  }
}
