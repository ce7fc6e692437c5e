/// Wall-clock seconds that `work` takes.
public func seconds(_ work: () throws -> Void) rethrows -> Double {
  let start = ContinuousClock.now
  try work()
  return seconds(since: start)
}

/// Wall-clock seconds from an instant until now.
public func seconds(since start: ContinuousClock.Instant) -> Double { (ContinuousClock.now - start) / .seconds(1) }
