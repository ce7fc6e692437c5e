import CStartUp
import Foundation
import Support

/// A process that ends with this one: a run of a sweep.
///
/// Its standard input is one end of a ``Lifeline``, whose other end nobody but this process holds. However this process ends, the system
/// closes that end, and the child, which looks there after every step, saves and stops. A child that is born a moment later finds it
/// closed already: there is no moment at which it could be missed, as there is with a signal of the parent's death.
///
/// `posix_spawn` itself, since one loop on one thread waits for children, signals and time together; Foundation's `Process` and
/// swift-subprocess bring threads or tasks of their own for each child.
struct ChildProcess: ~Copyable {
  let identifier: pid_t
  /// Reads what the child says on standard error; does not block.
  let errors: Int32
  /// Whether it has closed that.
  private(set) var isSilent = false
  private var rest: [UInt8] = []
  /// How it ended; `nil` while it lives.
  private(set) var ending: Ending?

  enum Ending: Equatable {
    case exited(Int32)
    case killed(signal: Int32)
  }

  /// - Parameters:
  ///   - program: path of the executable.
  ///   - arguments: behind the program's name.
  /// - Throws: when the system has no process to give.
  init(_ program: String, _ arguments: [String], lifeline: borrowing Lifeline) throws(SpawnError) {
    let pipe = try privatePipe()
    _ = fcntl(pipe.read, F_SETFL, O_NONBLOCK)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, lifeline.childEnd, STDIN_FILENO)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, pipe.write, STDERR_FILENO)
    // Whoever started this process may have blocked signals; the child hears them all. It stays in this process' group: what is done
    // to the group as a whole (Control-C, Control-Z, kill) is done to the runs as well.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var child = pid_t()
    var pointers = (["hpo"] + arguments).map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    let code = posix_spawn(&child, program, &actions, &attributes, &pointers, environ)
    close(pipe.write)
    guard code == 0 else {
      close(pipe.read)
      throw SpawnError(program: program, code: code)
    }
    identifier = child
    errors = pipe.read
  }

  /// Lines that it has said on standard error since the last call; with `all`, also a last one that has no end.
  mutating func newLines(all: Bool = false) -> [String] {
    var block = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(errors, &block, block.count)
      if count < 0 && errno == EINTR { continue }
      if count == 0 { isSilent = true }
      if count <= 0 { break }
      rest += block[..<count]
    }
    var lines: [String] = []
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      lines.append(String(decoding: rest[..<end], as: UTF8.self))
      rest.removeSubrange(...end)
    }
    // A line without end may go on for ever.
    if !rest.isEmpty && (all || rest.count > 1 << 16) {
      lines.append(String(decoding: rest, as: UTF8.self))
      rest = []
    }
    return lines
  }

  /// Whether it has ended by now.
  mutating func hasEnded() -> Bool {
    if ending != nil { return true }
    var status: Int32 = 0
    guard waitpid(identifier, &status, WNOHANG) == identifier else { return false }
    let signal = status & 0x7f
    ending = signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal: signal)
    return true
  }

  func send(_ signal: Int32) {
    if ending == nil { kill(identifier, signal) }
  }

  deinit { close(errors) }
}

/// No process was to be had.
struct SpawnError: Error, Equatable, CustomStringConvertible {
  var program: String
  var code: Int32
  var description: String { "cannot start '\(program)': \(String(cString: strerror(code)))" }
}

/// A pipe through which nothing is ever said: its end tells children that this process is gone.
struct Lifeline: ~Copyable {
  /// What children read.
  let childEnd: Int32
  private let ownEnd: Int32

  init() throws(SpawnError) {
    (childEnd, ownEnd) = try privatePipe()
  }

  deinit {
    close(childEnd)
    close(ownEnd)
  }
}

/// A pipe that no child inherits by accident: children are made on this thread alone, so none can come between the calls.
func privatePipe() throws(SpawnError) -> (read: Int32, write: Int32) {
  var ends: [Int32] = [-1, -1]
  guard pipe(&ends) == 0 else { throw SpawnError(program: "a pipe", code: errno) }
  for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  return (ends[0], ends[1])
}

/// The program that is running, to be started again: by its path, so that process lists show its name, unless another file has taken its
/// place there meanwhile, as a build does. A sweep's runs are all of one version.
public var ownProgram: String {
  let link = "/proc/self/exe"
  guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: link) else {
    // Without /proc, what the system was asked to execute.
    let path = start_up_program().map { String(cString: $0) } ?? "hpo"
    return path.hasPrefix("/") ? path : AbsolutePath.of("./" + path)
  }
  var (running, present) = (stat(), stat())
  guard stat(link, &running) == 0, stat(path, &present) == 0, running.st_ino == present.st_ino, running.st_dev == present.st_dev else {
    return link
  }
  return path
}
