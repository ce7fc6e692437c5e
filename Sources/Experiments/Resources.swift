import Foundation
import LinearAlgebra
import Support

/// What this process may use of its machine: what control groups, processor affinity and a batch system leave of it.
public struct Resources: Sendable, Equatable {
  /// Processors, one at least.
  public var processors: Int
  /// Bytes of memory that can still be taken without swapping.
  public var memory: Int

  /// - Parameters:
  ///   - processors: to be used at once.
  ///   - memory: in bytes.
  public init(processors: Int, memory: Int) {
    self.processors = processors
    self.memory = memory
  }

  /// This process's share of the machine that it runs on, now.
  public static var current: Resources {
    var memory = available ?? Int(ProcessInfo.processInfo.physicalMemory)
    if let rest = ControlGroups.ofThisProcess.memory { memory = min(memory, rest) }
    return Resources(processors: Processors.available(), memory: memory)
  }

  /// The kernel's own estimate: free memory, and caches that can be given up.
  private static var available: Int? {
    guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8) else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
      return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
    }
    return nil
  }
}
