import Foundation

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
    var processors = affinity ?? ProcessInfo.processInfo.activeProcessorCount
    let groups = ControlGroups.ofThisProcess
    if let quota = groups.processors { processors = min(processors, max(1, Int(quota.rounded()))) }
    if let given = ProcessInfo.processInfo.environment["SLURM_CPUS_PER_TASK"].flatMap({ Int($0) }) {
      processors = min(processors, given)
    }
    var memory = available ?? Int(ProcessInfo.processInfo.physicalMemory)
    if let rest = groups.memory { memory = min(memory, rest) }
    return Resources(processors: max(1, processors), memory: memory)
  }

  /// Processors that the scheduler may put this process on.
  private static var affinity: Int? {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix("Cpus_allowed:") {
      // Hexadecimal words with commas between.
      return line.dropFirst("Cpus_allowed:".count).reduce(0) { $0 + ($1.hexDigitValue ?? 0).nonzeroBitCount }
    }
    return nil
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

/// The control groups that a process is in, of both versions: each may have a limit, the tightest counts.
package struct ControlGroups {
  /// Processors' worth of time; `nil` without a limit.
  package var processors: Double?
  /// Bytes that are left below the limit; `nil` without one.
  package var memory: Int?

  static var ofThisProcess: ControlGroups {
    let text = (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)) ?? ""
    return ControlGroups(membership: text, root: "/sys/fs/cgroup")
  }

  /// - Parameters:
  ///   - membership: as in `/proc/self/cgroup`.
  ///   - root: where the hierarchies are mounted.
  package init(membership: String, root: String) {
    for line in membership.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let controllers = fields[1].split(separator: ",")
      if controllers.isEmpty {
        for folder in Self.folders(root, String(fields[2])) { tightenUnified(folder) }
      }
      if controllers.contains("memory") {
        for folder in Self.folders("\(root)/memory", String(fields[2])) { tightenMemory(folder) }
      }
      if controllers.contains("cpu") {
        for folder in Self.folders("\(root)/\(fields[1])", String(fields[2])) + Self.folders("\(root)/cpu", String(fields[2])) {
          tightenProcessors(folder)
        }
      }
    }
  }

  /// The group's folder and those of all groups around it. In a container the path may be the host's, of which only the root is there.
  private static func folders(_ root: String, _ path: String) -> [String] {
    var parts = path.split(separator: "/").map(String.init)
    var folders = [root]
    while !parts.isEmpty {
      folders.append(root + "/" + parts.joined(separator: "/"))
      parts.removeLast()
    }
    return folders
  }

  private mutating func tightenUnified(_ folder: String) {
    let quota = Self.words("\(folder)/cpu.max")
    if quota.count == 2, let time = Double(quota[0]), let period = Double(quota[1]), period > 0 { limit(processors: time / period) }
    if let most = Self.number("\(folder)/memory.max"), let used = Self.number("\(folder)/memory.current") {
      limit(memory: most - used + Self.reclaimable("\(folder)/memory.stat", "inactive_file"))
    }
  }

  private mutating func tightenMemory(_ folder: String) {
    if let most = Self.number("\(folder)/memory.limit_in_bytes"), let used = Self.number("\(folder)/memory.usage_in_bytes") {
      limit(memory: most - used + Self.reclaimable("\(folder)/memory.stat", "total_inactive_file"))
    }
  }

  private mutating func tightenProcessors(_ folder: String) {
    // −1 is no limit.
    if let time = Self.number("\(folder)/cpu.cfs_quota_us"), time > 0, let period = Self.number("\(folder)/cpu.cfs_period_us"),
      period > 0
    {
      limit(processors: Double(time) / Double(period))
    }
  }

  private mutating func limit(processors limit: Double) { processors = min(processors ?? limit, limit) }
  private mutating func limit(memory limit: Int) { memory = max(0, min(memory ?? limit, limit)) }

  /// File pages that are counted as used but would be given up.
  private static func reclaimable(_ path: String, _ key: String) -> Int {
    let words = words(path)
    guard let index = words.firstIndex(of: key), index + 1 < words.count else { return 0 }
    return Int(words[index + 1]) ?? 0
  }

  private static func number(_ path: String) -> Int? { words(path).first.flatMap { Int($0) } }

  private static func words(_ path: String) -> [String] {
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    return text.split(whereSeparator: \.isWhitespace).map(String.init)
  }
}
