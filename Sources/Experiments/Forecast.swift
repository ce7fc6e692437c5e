/// How long runs will take, from how fast those of their kind are.
public struct Forecast: Sendable {
  private var speeds: [String: Double] = [:]

  /// Knows nothing yet.
  public init() {}

  /// - Parameters:
  ///   - kind: of run, as ``PlannedRun/group``.
  ///   - stepsPerSecond: with updates.
  public mutating func learn(_ kind: String, stepsPerSecond: Double) {
    if stepsPerSecond.isFinite && stepsPerSecond > 0 { speeds[kind] = stepsPerSecond }
  }

  /// Of a run of this kind; of what is known on average where nothing is known of it; `nil` where nothing is known at all.
  public func stepsPerSecond(of kind: String) -> Double? {
    if let speed = speeds[kind] { return speed }
    // Of times per step rather than of speeds: the slow ones are what takes long.
    return speeds.isEmpty ? nil : Double(speeds.count) / speeds.values.reduce(0) { $0 + 1 / $1 }
  }

  /// Seconds until the last of these runs ends, each begun as soon as one of the places is free.
  /// - Parameters:
  ///   - left: steps left of each run, in the order of their turns.
  ///   - places: runs at a time.
  public func seconds(_ left: [(kind: String, steps: Int)], places: Int) -> Double? {
    var times: [Double] = []
    for run in left {
      guard let speed = stepsPerSecond(of: run.kind) else { return nil }
      times.append(Double(run.steps) / speed)
    }
    return Self.seconds(times, places: places)
  }

  /// The same of runs that take so many seconds each.
  public static func seconds(_ times: [Double], places: Int) -> Double {
    var free = [Double](repeating: 0, count: max(1, places))
    for time in times {
      let first = free.indices.min { free[$0] < free[$1] }!
      free[first] += time
    }
    return free.max()!
  }
}
