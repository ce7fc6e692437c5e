import Foundation

/// A program of the system's that a test makes use of, run to its end.
public enum Tool {
  /// - Parameters:
  ///   - command: found on `PATH`, with its arguments.
  ///   - folder: where it works; the test's own folder without one.
  ///   - variables: besides this process's.
  ///   - showsErrors: whether its standard error is the test's.
  /// - Returns: what it wrote to standard output, and its exit code.
  public static func run(
    _ command: [String], in folder: URL? = nil, variables: [String: String] = [:], showsErrors: Bool = true
  ) throws -> (output: String, exitCode: Int32) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.environment = ProcessInfo.processInfo.environment.merging(variables) { $1 }
    if let folder { process.currentDirectoryURL = folder }
    let pipe = Pipe()
    process.standardOutput = pipe
    if !showsErrors { process.standardError = FileHandle.nullDevice }
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (output, process.terminationStatus)
  }
}
