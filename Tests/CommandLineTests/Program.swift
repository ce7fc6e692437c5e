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

  /// The faults that a program can be made to suffer: `Tests/FaultInjection`, built beside it.
  static var faultLibrary: String { url.deletingLastPathComponent().appendingPathComponent("libFaultInjection.so").path }

  /// - Parameters:
  ///   - variables: of the environment, besides this process' own.
  ///   - output: where it prints to, instead of into the outcome.
  static func run(
    _ arguments: [String], in folder: String? = nil, variables: [String: String] = [:], output file: FileHandle? = nil
  ) throws -> Outcome {
    let process = Process()
    process.executableURL = url
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(variables) { $1 }
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    let output = Pipe(), error = Pipe()
    process.standardOutput = file ?? output
    process.standardError = error
    try process.run()
    if file != nil { try output.fileHandleForWriting.close() }
    return Running(process: process, output: output, error: error).outcome()
  }

  /// The program as a shell starts it.
  /// - Parameter script: has the program's path and arguments as "$@".
  static func shell(_ script: String, _ arguments: [String], in folder: String? = nil) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["--default-signal=PIPE,XFSZ", "sh", "-c", script, "sh", url.path] + arguments
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    let output = Pipe(), error = Pipe()
    process.standardOutput = output
    process.standardError = error
    try process.run()
    return Running(process: process, output: output, error: error).outcome()
  }

  /// Whether this process may take things away from those it starts: as root, and not within a container that forbids it.
  static let canUnshare: Bool = {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "unshare --mount mount -t tmpfs none /mnt && setpriv --reuid 54321 --clear-groups true"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  /// The program at work, having printed its first line.
  /// - Parameter shell: what a shell does before it becomes the program.
  static func start(_ arguments: [String], after shell: String = ":") throws -> Running {
    let process = Process()
    // Whatever the tests themselves were started to ignore.
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["--default-signal=HUP,INT,TERM,USR1,USR2,XCPU,XFSZ", "sh", "-c", "\(shell); exec \"$@\"", "sh", url.path] + arguments
    let output = Pipe(), error = Pipe()
    process.standardOutput = output
    process.standardError = error
    try process.run()
    let running = Running(process: process, output: output, error: error)
    try #require(!output.fileHandleForReading.availableData.isEmpty, "hpo ended before it said anything")
    return running
  }

  struct Running {
    let process: Process
    fileprivate let output: Pipe
    fileprivate let error: Pipe

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits for its end.
    func outcome() -> Outcome {
      // What these commands print fits a pipe's buffer, so reading one after the other can not lock up.
      let printed = output.fileHandleForReading.readDataToEndOfFile()
      let complained = error.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      return Outcome(
        exitCode: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
        output: String(decoding: printed, as: UTF8.self), error: String(decoding: complained, as: UTF8.self))
    }
  }

  /// The most memory that a run of it has had resident.
  static func peakKilobytes(_ arguments: [String]) throws -> Int {
    var child = pid_t()
    var pointers = ([url.path] + arguments).map { strdup($0) } + [nil]
    var variables = ProcessInfo.processInfo.environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for pointer in pointers + variables { free(pointer) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    try #require(posix_spawn(&child, url.path, &actions, nil, &pointers, &variables) == 0)
    var usage = rusage()
    var status: Int32 = 0
    try #require(wait4(child, &status, 0, &usage) == child)
    try #require(status == 0, "hpo ended with status \(status)")
    return Int(usage.ru_maxrss)
  }
}
