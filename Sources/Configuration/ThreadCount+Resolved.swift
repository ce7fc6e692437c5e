#if canImport(Glibc)
  import Glibc
#endif

extension ThreadCount {
  /// Threads to be used here: what was asked for, or as many as the process may use, at most two.
  public var resolved: Int {
    switch self {
    case .count(let count): count
    case .auto: min(2, Self.available)
    }
  }

  /// Processors that this process may run on.
  private static var available: Int {
    #if os(Linux)
      var set = cpu_set_t()
      if sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &set) == 0 {
        let bits = withUnsafeBytes(of: &set) { $0.reduce(0) { $0 + $1.nonzeroBitCount } }
        return max(1, bits)
      }
    #endif
    return max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
  }
}
