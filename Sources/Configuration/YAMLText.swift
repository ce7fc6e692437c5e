import Support
import SystemPackage
import Yams

/// YAML as files of settings and plans hold it: UTF-8 of bounded length, without anchors and aliases.
package enum YAMLText {
  /// Why a text cannot be used, in words that come after its file's name.
  package struct Failure: Error {
    package let reason: String
  }

  /// A whole file's text; a pipe will do.
  /// - Parameter limit: bytes.
  package static func contents(ofFile path: String, limit: Int) throws(Failure) -> String {
    let bytes: [UInt8]
    do {
      bytes = try readFile(at: path, limit: limit)
    } catch {
      throw Failure(reason: error.code == .noSuchFileOrDirectory ? "there is no such file" : error.reason)
    }
    try check(bytes.count, limit: limit)
    guard let text = String(validating: bytes, as: UTF8.self) else { throw Failure(reason: "it is no text in UTF-8") }
    return text
  }

  /// What a text says; `nil` where that is nothing.
  /// - Parameter limit: bytes.
  package static func compose(_ text: String, limit: Int) throws(Failure) -> Node? {
    try check(text.utf8.count, limit: limit)
    // A few aliases of aliases are a value of any size; comparing two such keys takes forever.
    let unquoted = text.withoutQuotedLines
    guard !(unquoted.usesMark("&") && unquoted.usesMark("*")) else {
      throw Failure(reason: "anchors and aliases (&name and *name) are not understood; write out what they stand for")
    }
    do {
      return try Yams.compose(yaml: text)
    } catch let error as YamlError {
      throw Failure(reason: error.reason)
    } catch {
      throw Failure(reason: "\(error)")
    }
  }

  private static func check(_ count: Int, limit: Int) throws(Failure) {
    guard count <= limit else { throw Failure(reason: "it has more than \(limit) bytes, the most that is read") }
  }
}

extension YamlError {
  /// Where and what, in one line.
  fileprivate var reason: String {
    switch self {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let begun = context.map { " \($0.text) that begins in line \($0.mark.line)" } ?? ""
      return "line \(mark.line), column \(mark.column): \(problem)\(begun)"
    case .duplicatedKeysInMapping(let keys, let context):
      return "line \(context.mark.line): \(keys.map { "'\($0)'" }.sorted().joined(separator: ", ")) stands there twice"
    default:
      return "\(self)".split(whereSeparator: \.isNewline).joined(separator: " ")
    }
  }
}

extension String {
  /// Without lines that are a key and one quoted text, as ``SettingsFile/yaml(_:)`` writes them: there are no marks in these.
  fileprivate var withoutQuotedLines: String {
    split(separator: "\n", omittingEmptySubsequences: false).filter { $0.wholeMatch(of: /[A-Za-z0-9_.]+: "([^"\\]|\\.)*"/) == nil }
      .joined(separator: "\n")
  }

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
