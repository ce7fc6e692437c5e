/// The control groups that a process is in, of both versions: each may have a limit, the tightest counts.
package struct ControlGroups {
  /// Processors' worth of time; `nil` without a limit.
  package var processors: Double?
  /// Bytes that are left below the limit; `nil` without one.
  package var memory: Int?

  package static var ofThisProcess: ControlGroups {
    ControlGroups(system: "")
  }

  /// - Parameter system: the folder that holds `proc` and `sys`, without a slash at its end.
  package init(system: String) {
    self.init(membership: Self.text(of: "\(system)/proc/self/cgroup"), root: "\(system)/sys/fs/cgroup")
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
    text(of: path).split(whereSeparator: \.isWhitespace).map(String.init)
  }

  /// Empty where there is no such file.
  private static func text(of path: String) -> String {
    String(decoding: (try? readFile(at: path, limit: 1 << 16)) ?? [], as: UTF8.self)
  }
}
