import Experiments
import Foundation
import Support
import TestSupport
import Testing

/// What control groups leave a process, from trees of files as the kernel has them.
@Suite struct ResourcesTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ files: [String: String]) throws {
    for (name, text) in files {
      let url = URL(fileURLWithPath: "\(folder.path)/\(name)")
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: url, atomically: true, encoding: .utf8)
    }
  }

  @Test func `the tightest group around a process counts, and caches are not taken for used`() throws {
    try write([
      "a/cpu.max": "300000 100000\n", "a/memory.max": "max\n", "a/memory.current": "1000\n",
      "a/b/cpu.max": "max 100000\n", "a/b/memory.max": "5000\n", "a/b/memory.current": "4000\n",
      "a/b/memory.stat": "anon 3000\nfile 900\ninactive_file 700\n",
    ])
    let groups = ControlGroups(membership: "0::/a/b\n", root: folder.path)
    #expect(groups.processors == 3)
    #expect(groups.memory == 1700)
  }

  @Test func `version 1's groups are read as well, at the root where a container hides the path`() throws {
    try write([
      "memory/memory.limit_in_bytes": "8000\n", "memory/memory.usage_in_bytes": "3000\n",
      "memory/memory.stat": "cache 1\ntotal_inactive_file 500\n",
      "cpu,cpuacct/cpu.cfs_quota_us": "150000\n", "cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    ])
    let groups = ControlGroups(membership: "4:memory:/docker/123\n3:cpu,cpuacct:/docker/123\n", root: folder.path)
    #expect(groups.memory == 5500)
    #expect(groups.processors == 1.5)
  }

  @Test func `no limit is none`() throws {
    try write(["cpu,cpuacct/cpu.cfs_quota_us": "-1\n", "cpu,cpuacct/cpu.cfs_period_us": "100000\n"])
    let groups = ControlGroups(membership: "3:cpu,cpuacct:/\n0::/\n", root: folder.path)
    #expect(groups.processors == nil && groups.memory == nil)
  }

  @Test func `this process may use a processor and some memory`() {
    let resources = Resources.current
    #expect((1...ProcessInfo.processInfo.processorCount).contains(resources.processors))
    #expect((1...Int(ProcessInfo.processInfo.physicalMemory)).contains(resources.memory))
  }
}
