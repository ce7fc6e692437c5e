import Foundation
import Testing

/// The built `hpo`, run as a user runs it.
struct Program {
  struct Outcome {
    var exitCode: Int32
    var output: String
    var error: String
  }

  /// Next to the test bundle, wherever that was built.
  private static var url: URL {
    URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent("hpo")
  }

  static func run(_ arguments: [String], in folder: String? = nil) throws -> Outcome {
    let process = Process()
    process.executableURL = url
    process.arguments = arguments
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    let output = Pipe(), error = Pipe()
    process.standardOutput = output
    process.standardError = error
    try process.run()
    // What these commands print fits a pipe's buffer, so reading one after the other can not lock up.
    let printed = output.fileHandleForReading.readDataToEndOfFile()
    let complained = error.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Outcome(
      exitCode: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
      output: String(decoding: printed, as: UTF8.self), error: String(decoding: complained, as: UTF8.self))
  }
}
