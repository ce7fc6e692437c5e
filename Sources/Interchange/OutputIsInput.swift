import Foundation

/// A command was to write its result over a file that it reads.
public struct OutputIsInput: Error, Equatable, CustomStringConvertible {
  /// As the command names its output.
  public var file: String

  /// One line: what, where, what next.
  public var description: String { "'\(file)' is what this command reads; choose another --output" }

  /// - Throws: ``OutputIsInput`` where `output` is one of `inputs`, by whatever name.
  static func check(output: String, inputs: [String]) throws(OutputIsInput) {
    var written = stat()
    guard stat(output, &written) == 0 else { return }
    for input in inputs {
      var read = stat()
      if stat(input, &read) == 0 && read.st_ino == written.st_ino && read.st_dev == written.st_dev {
        throw OutputIsInput(file: output)
      }
    }
  }
}
