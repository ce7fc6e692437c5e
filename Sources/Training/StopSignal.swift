import Foundation

/// A signal that asks a run to stop.
public struct StopSignal: Sendable, Equatable {
  public let name: String
  public let number: Int32

  public static let interrupt = StopSignal(name: "SIGINT", number: SIGINT)
  public static let hangUp = StopSignal(name: "SIGHUP", number: SIGHUP)
  public static let terminate = StopSignal(name: "SIGTERM", number: SIGTERM)
}
