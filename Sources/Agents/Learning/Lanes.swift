import LinearAlgebra
import NeuralNetworks

/// The shares that an update's rows are cut into, each with working memory of its own; they run side by side on a pool's threads and meet
/// only when gradients are added up.
///
/// How many there are is part of a result, because the order in which gradients are added up is: the same seed gives the same curve
/// on any number of threads.
public final class Lanes<Lane: AnyObject> {
  public let all: [Lane]
  /// Rows of the whole batch.
  public let rows: Int
  private let team: LaneTeam

  /// - Parameters:
  ///   - count: at most one for each row is made.
  ///   - makeLane: makes the one of an index for some of the rows.
  public init(_ count: Int, rows: Int, pool: WorkerPool, makeLane: (_ index: Int, _ rows: Range<Int>) -> Lane) {
    demand(count >= 1, "an update needs at least one lane, not \(count)")
    let count = min(count, rows)
    all = (0..<count).map { makeLane($0, rows * $0 / count..<rows * ($0 + 1) / count) }
    self.rows = rows
    team = LaneTeam(pool: pool, count: count)
  }

  /// Is told of every phase.
  public var observer: (any UpdateObserver)? {
    get { team.observer }
    set { team.observer = newValue }
  }

  /// Work that every lane does on its own rows. Made once: running it then allocates nothing.
  public func phase(_ name: String, _ work: @escaping (Lane) -> Void) -> UpdatePhase {
    UpdatePhase(name, team) { [unowned self] in work(all[$0]) }
  }

  /// A step of networks' optimisers, each lane taking a part of the parameters.
  public func step<S>(_ name: String, _ networks: [TrainedNetwork<S>]) -> UpdatePhase {
    let count = all.count
    return UpdatePhase(
      name, team,
      begin: { for index in 0..<networks.count { networks[index].beginStep() } },
      work: { lane in for index in 0..<networks.count { networks[index].step(part: lane, of: count) } })
  }

  /// target ← target + rate·(online − target), each lane taking a part of the parameters.
  public func average<S>(_ name: String, _ targets: [TargetNetwork<S>], rate: Double) -> UpdatePhase {
    let count = all.count
    return UpdatePhase(name, team) { lane in
      for index in 0..<targets.count { targets[index].follow(part: lane, of: count, rate: S(rate)) }
    }
  }

  /// A mean over the batch's rows of which each lane knows its own sum; lanes are added up in their order.
  public func mean(_ sum: (Lane) -> Double) -> Double {
    var total = 0.0
    for index in 0..<all.count { total += sum(all[index]) }
    return total / Double(rows)
  }
}

/// One phase of an update, for all lanes; called like a function.
public final class UpdatePhase {
  private let name: String
  private let team: LaneTeam
  private let begin: () -> Void
  private let work: (Int) -> Void

  fileprivate init(_ name: String, _ team: LaneTeam, begin: @escaping () -> Void = {}, work: @escaping (Int) -> Void) {
    self.name = name
    self.team = team
    self.begin = begin
    self.work = work
  }

  public func callAsFunction() {
    team.observer?.phaseBegan(name)
    begin()
    team.pool.run(lanes: team.count, work)
    team.observer?.phaseEnded(name)
  }
}

/// What lanes of any kind have in common.
private final class LaneTeam {
  let pool: WorkerPool
  let count: Int
  var observer: (any UpdateObserver)?

  init(pool: WorkerPool, count: Int) {
    self.pool = pool
    self.count = count
  }
}

extension Int {
  /// Part `index` of `count` nearly equal parts of 0..<self, cut at cache lines.
  func part(_ index: Int, of count: Int) -> Range<Int> {
    func cut(_ part: Int) -> Int { part == count ? self : self * part / count / 16 * 16 }
    return cut(index)..<cut(index + 1)
  }
}
