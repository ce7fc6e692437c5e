import Foundation
import Records
import Synchronization

/// Signals that a sweep waits for together with its children: a handler writes a byte into a pipe, at which `poll` returns. What the
/// process was started to ignore, as `nohup` does SIGHUP, it goes on to ignore.
final class SweepSignals {
  /// To be polled: readable when something has come.
  let descriptor: Int32
  private let previous: [(signal: Int32, action: sigaction)]

  init() throws(SpawnError) {
    let pipe = try privatePipe()
    for end in [pipe.read, pipe.write] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    descriptor = pipe.read
    wakingEnd.store(pipe.write, ordering: .relaxed)
    var replaced: [(Int32, sigaction)] = []
    let awaited = StopSignal.all.map(\.number) + [SIGUSR1, SIGCHLD]
    for signal in awaited {
      var old = sigaction()
      sigaction(signal, nil, &old)
      let isIgnored = unsafeBitCast(old.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
      // An ignored SIGCHLD would take the children's endings away.
      if isIgnored && signal != SIGCHLD { continue }
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { number in
        let kept = errno
        var byte = UInt8(truncatingIfNeeded: number)
        write(wakingEnd.load(ordering: .relaxed), &byte, 1)
        errno = kept
      }
      action.sa_flags = SA_RESTART
      sigaction(signal, &action, nil)
      replaced.append((signal, old))
    }
    previous = replaced
    var heard = sigset_t()
    sigemptyset(&heard)
    for signal in awaited { sigaddset(&heard, signal) }
    pthread_sigmask(SIG_UNBLOCK, &heard, nil)
  }

  /// Those that have come since the last call, in order.
  func received() -> [Int32] {
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = read(descriptor, &bytes, bytes.count)
    return count > 0 ? bytes[..<count].map(Int32.init) : []
  }

  deinit {
    for (signal, action) in previous {
      var action = action
      sigaction(signal, &action, nil)
    }
    close(wakingEnd.exchange(-1, ordering: .relaxed))
    close(descriptor)
  }
}

/// What a signal handler may touch is global.
private let wakingEnd = Atomic<Int32>(-1)
