import Foundation
import LinearAlgebra
import Testing

@Suite struct ProcessorsTests {
  /// What is found in a folder of files by path, on a machine that schedules this process on eight processors.
  private func available(_ files: [String: String] = [:], variables: [String: String] = [:]) throws -> Int {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent("processors-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    for (path, text) in files {
      let file = root.appendingPathComponent(path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: file, atomically: false, encoding: .utf8)
    }
    return Processors.available(allowed: 8, root: root.path) { variables[$0] }
  }

  @Test func `without limits they are those that the system schedules the process on`() throws {
    #expect(try available() == 8)
    #expect(try available(["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"]) == 8)
    #expect(try available(["proc/self/cgroup": "what is this\n::\n0:\n"]) == 8)
    #expect(Processors.available() >= 1)
  }

  @Test func `a quota of control groups counts to the nearest, and at least once`() throws {
    for (quota, count) in [("200000", 2), ("150000", 2), ("140000", 1), ("1000", 1), ("1600000", 8)] {
      #expect(try available(["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "\(quota) 100000\n"]) == count, "\(quota)")
    }
  }

  @Test func `the least of a group's quota and of those around it counts`() throws {
    let files = [
      "proc/self/cgroup": "0::/slice/job/task\n", "sys/fs/cgroup/slice/cpu.max": "300000 100000",
      "sys/fs/cgroup/slice/job/cpu.max": "500000 100000", "sys/fs/cgroup/slice/job/task/cpu.max": "max 100000",
    ]
    #expect(try available(files) == 3)
  }

  @Test func `version 1 of control groups counts too, also where the path is another namespace's`() throws {
    let groups = "5:memory:/docker/ab\n4:cpu,cpuacct:/docker/ab\n"
    let folder = "sys/fs/cgroup/cpu,cpuacct"
    #expect(
      try available(["proc/self/cgroup": groups, "\(folder)/cpu.cfs_quota_us": "400000\n", "\(folder)/cpu.cfs_period_us": "100000\n"]) == 4)
    #expect(
      try available([
        "proc/self/cgroup": groups, "\(folder)/docker/ab/cpu.cfs_quota_us": "50000\n", "\(folder)/docker/ab/cpu.cfs_period_us": "25000\n",
      ]) == 2)
    #expect(
      try available(["proc/self/cgroup": groups, "\(folder)/cpu.cfs_quota_us": "-1\n", "\(folder)/cpu.cfs_period_us": "100000\n"]) == 8)
  }

  @Test func `Slurm's share of a task counts where it is the least`() throws {
    #expect(try available(variables: ["SLURM_CPUS_PER_TASK": "3"]) == 3)
    #expect(try available(variables: ["SLURM_CPUS_PER_TASK": "64"]) == 8)
    for wrong in ["", "0", "-2", "many"] { #expect(try available(variables: ["SLURM_CPUS_PER_TASK": wrong]) == 8) }
  }
}
