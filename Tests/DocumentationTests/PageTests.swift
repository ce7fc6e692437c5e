import Foundation
import Testing

/// Pages are what they say they are: their blocks are compiled or run, their links lead somewhere, none is left out of the index.
@Suite struct PageTests {
  private static let languages: Set = ["sh", "swift", "yaml", "xml", "python", "matlab", "julia", "text"]
  private static let marks: Set = ["not run", "long", "fresh clone", "first", "file"]

  @Test(arguments: Page.all) func `every block says what it is, and why where it is not run`(_ page: Page) {
    for block in page.blocks {
      let place = "\(page.path), line \(block.firstLine)"
      #expect(
        Self.languages.contains(block.language ?? "") || block.mark("not run") != nil,
        "\(place): commands and code are fenced blocks of a language (\(Self.languages.sorted().joined(separator: ", "))) or marked 'not run: why'")
      for mark in block.marks where mark.name.first?.isLowercase == true && !mark.name.hasPrefix("generated") {
        #expect(Self.marks.contains(mark.name), "\(place): the mark '\(mark.name)' is unknown")
        if ["not run", "long", "fresh clone"].contains(mark.name) {
          #expect(mark.text.split(separator: " ").count >= 3, "\(place): say why it is not run")
        }
      }
      switch block.language {
      case "yaml", "xml":
        let file = block.mark("file")
        let isUsed = file.map { name in page.blocks.contains { $0.language == "sh" && $0.lines.joined(separator: "\n").contains(name) } }
        #expect(isUsed == true || block.mark("not run") != nil, "\(place): name the file that it is, and use it in a command")
      case "matlab", "julia":
        #expect(block.mark("not run") != nil, "\(place): nothing runs this here")
      case "text":
        let looksLikeCommand = block.lines.contains { $0.hasPrefix("hpo ") || $0.hasPrefix("make ") }
        #expect(!looksLikeCommand || block.mark("not run") != nil, "\(place): this is a command, so its language is sh")
      default: break
      }
    }
  }

  @Test func `Swift in pages is compiled: each block stands in a source file`() throws {
    func normalized(_ text: String) -> String {
      text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }.joined(separator: "\n")
    }
    var sources: [String] = []
    for folder in ["Tests", "Sources", "Experiments/own-environment/Sources"] {
      let files = FileManager.default.enumerator(at: Page.root.appending(path: folder), includingPropertiesForKeys: nil)
      for case let file as URL in files ?? .init() where file.pathExtension == "swift" {
        sources.append(normalized(try String(contentsOf: file, encoding: .utf8)))
      }
    }
    var count = 0
    for page in Page.all {
      for block in page.blocks where block.language == "swift" && block.mark("not run") == nil {
        count += 1
        let text = normalized(block.lines.joined(separator: "\n"))
        #expect(sources.contains { $0.contains(text) }, "\(page.path), line \(block.firstLine): no source file has this")
      }
    }
    #expect(count >= 6)
  }

  @Test(arguments: Page.all) func `links lead to files that are there`(_ page: Page) {
    let folder = Page.root.appending(path: page.path).deletingLastPathComponent()
    let shown = page.text.replacing(/<!--(?:.|\n)*?-->/, with: "")
    for match in shown.matches(of: /\]\(([^)#:]+)\)/) {
      let target = folder.appending(path: String(match.1)).path
      #expect(FileManager.default.fileExists(atPath: target), "\(page.path) links to \(match.1)")
    }
  }

  @Test func `the guide's index lists every page`() throws {
    let index = try #require(Page.all.first { $0.path == "Documentation/README.md" })
    for page in Page.all where page.path.hasPrefix("Documentation/") && page.path != index.path {
      let name = page.path.dropFirst("Documentation/".count)
      #expect(index.text.contains("](\(name))"), "Documentation/README.md does not list \(name)")
    }
  }

  @Test func `README is a front page: fewer than 150 lines`() throws {
    let readme = try #require(Page.all.first { $0.path == "README.md" })
    #expect(readme.text.components(separatedBy: "\n").count < 150)
  }
}
