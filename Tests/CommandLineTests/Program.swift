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

  /// The program on a terminal.
  /// - Parameters:
  ///   - kind: what `TERM` says.
  ///   - columns: of the window.
  /// - Returns: its exit code and what the terminal was sent.
  static func run(_ arguments: [String], onTerminal kind: String, columns: UInt16) throws -> (exitCode: Int32, text: String) {
    // Linux's own way: Swift does not see `posix_openpt` and its kin.
    let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    let unlock: UInt = 0x4004_5431, askNumber: UInt = 0x8004_5430
    var isLocked: Int32 = 0, number: UInt32 = 0
    try #require(terminal >= 0 && ioctl(terminal, unlock, &isLocked) == 0 && ioctl(terminal, askNumber, &number) == 0)
    defer { close(terminal) }
    var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    try #require(ioctl(terminal, UInt(TIOCSWINSZ), &size) == 0)
    let other = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
    try #require(other >= 0)
    let process = Process()
    process.executableURL = url
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(["TERM": kind]) { $1 }
    process.standardOutput = FileHandle(fileDescriptor: other)
    try process.run()
    close(other)
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 4096)
    // An error once nobody has the other end any more.
    while case let count = read(terminal, &block, block.count), count > 0 { bytes += block[..<count] }
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
  }

  /// Whether this process may take things away from those it starts: as root, and not within a container that forbids it.
  static let canUnshare: Bool = {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "unshare --mount mount -t tmpfs none /mnt && setpriv --reuid 54321 --clear-groups prlimit --nproc=1:1 true"]
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
    let first = output.fileHandleForReading.availableData
    try #require(!first.isEmpty, "hpo ended before it said anything")
    return Running(process: process, output: output, error: error, firstOutput: String(decoding: first, as: UTF8.self))
  }

  struct Running {
    let process: Process
    fileprivate let output: Pipe
    fileprivate let error: Pipe
    /// What it had said when it was taken for started.
    var firstOutput = ""

    /// What it says next; `nil` once it says no more.
    func nextOutput() -> String? {
      let data = output.fileHandleForReading.availableData
      return data.isEmpty ? nil : String(decoding: data, as: UTF8.self)
    }

    /// To the process and to all that it has started: Foundation makes each child the leader of a group of its own.
    func sendToGroup(_ signal: Int32) throws {
      try #require(getpgid(process.processIdentifier) == process.processIdentifier)
      kill(-process.processIdentifier, signal)
    }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits for its end.
    func outcome() -> Outcome {
      // What these commands print fits a pipe's buffer, so reading one after the other cannot lock up.
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
