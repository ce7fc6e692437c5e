import Foundation

/// A signal that asks a run to stop.
public struct StopSignal: Sendable, Equatable {
  /// As in the shell: `SIGINT`.
  public let name: String
  /// The operating system's; a command ends with 128 + this.
  public let number: Int32

  /// Control-C.
  public static let interrupt = StopSignal(name: "SIGINT", number: SIGINT)
  /// The terminal is gone.
  public static let hangUp = StopSignal(name: "SIGHUP", number: SIGHUP)
  /// What `kill` and batch systems send.
  public static let terminate = StopSignal(name: "SIGTERM", number: SIGTERM)
  /// Grid Engine's and LSF's warning that SIGKILL is to follow.
  public static let userSignal2 = StopSignal(name: "SIGUSR2", number: SIGUSR2)
  /// A limit of processor time (`ulimit -t`, Grid Engine's `s_cpu`) is reached; SIGKILL follows at the harder one.
  public static let processorTime = StopSignal(name: "SIGXCPU", number: SIGXCPU)

  /// All that a run, or a sweep, heeds.
  public static let all = [interrupt, hangUp, terminate, userSignal2, processorTime]
}
