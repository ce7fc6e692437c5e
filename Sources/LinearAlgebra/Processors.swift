import CProcessor

import Glibc

/// The processors that this process may use, which on a shared machine are fewer than it has.
public enum Processors {
  /// How many threads can work at once: no more than the system lets this process run on (`taskset`, cpusets), than its control groups'
  /// quota of processor time pays for, or than Slurm gave the task. At least 1.
  public static func available() -> Int {
    available(allowed: Int(processor_count_allowed()), root: "/") { name in getenv(name).map { String(cString: $0) } }
  }

  /// - Parameters:
  ///   - allowed: processors that the system schedules this process on.
  ///   - root: the folder that holds `proc` and `sys`.
  ///   - variable: the environment's variables by name.
  package static func available(allowed: Int, root: String, variable: (String) -> String?) -> Int {
    var count = allowed
    if let quota = quota(root: root) {
      // To the nearest: of one and a half a second thread uses the half, of one and a quarter it would mostly wait.
      count = min(count, Int(quota.rounded()))
    }
    if let task = variable("SLURM_CPUS_PER_TASK").flatMap({ Int($0) }), task > 0 { count = min(count, task) }
    return max(count, 1)
  }

  /// Processors' worth of time, the least that this process's control group and those around it allow; `nil` where none says.
  ///
  /// In a container the path of the group may be the host's, which is not to be seen there: the folders that exist count.
  private static func quota(root: String) -> Double? {
    guard let groups = contents(of: root + "/proc/self/cgroup") else { return nil }
    var least: Double?
    func consider(_ quota: Double?) { if let quota { least = min(least ?? quota, quota) } }
    for line in groups.split(separator: "\n") {
      // hierarchy:controllers:path
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      if parts[1].isEmpty {
        for folder in folders(root + "/sys/fs/cgroup", String(parts[2])) { consider(unifiedQuota(folder)) }
      } else if parts[1].split(separator: ",").contains("cpu") {
        for name in Set([String(parts[1]), "cpu"]) {
          for folder in folders(root + "/sys/fs/cgroup/" + name, String(parts[2])) { consider(legacyQuota(folder)) }
        }
      }
    }
    return least
  }

  /// `mount/a/b`, `mount/a` and `mount` for a path of `/a/b`.
  private static func folders(_ mount: String, _ path: String) -> [String] {
    var parts = path.split(separator: "/")
    var folders = [mount]
    while !parts.isEmpty {
      folders.append(mount + "/" + parts.joined(separator: "/"))
      parts.removeLast()
    }
    return folders
  }

  /// Version 2: `cpu.max` holds microseconds of each period, or `max`, and the period.
  private static func unifiedQuota(_ folder: String) -> Double? {
    guard let words = contents(of: folder + "/cpu.max")?.split(whereSeparator: \.isWhitespace), words.count == 2 else { return nil }
    return share(Double(words[0]), of: Double(words[1]))
  }

  /// Version 1: a file each; −1 where there is no limit.
  private static func legacyQuota(_ folder: String) -> Double? {
    func number(_ name: String) -> Double? {
      contents(of: folder + "/" + name).flatMap { Double($0.split(whereSeparator: \.isWhitespace).first ?? "") }
    }
    return share(number("cpu.cfs_quota_us"), of: number("cpu.cfs_period_us"))
  }

  private static func share(_ quota: Double?, of period: Double?) -> Double? {
    guard let quota, let period, quota > 0, period > 0 else { return nil }
    return quota / period
  }

  /// A small file's text; `nil` if it cannot be read.
  private static func contents(of path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = fread(&buffer, 1, buffer.count, file)
    return String(decoding: buffer[..<count], as: UTF8.self)
  }
}
