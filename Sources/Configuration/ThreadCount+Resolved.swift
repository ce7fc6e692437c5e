import Foundation

extension ThreadCount {
  /// Threads to be used here: what was asked for, or as many as the process may run on, at most the two that an update is cut into.
  public var resolved: Int {
    switch self {
    case .count(let count): count
    case .auto: min(2, ProcessInfo.processInfo.activeProcessorCount)
    }
  }
}
