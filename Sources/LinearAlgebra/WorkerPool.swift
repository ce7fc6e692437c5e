import CProcessor
import Support
import Synchronization

import Glibc

/// A team of threads that run one function side by side, handing over in about a microsecond.
///
/// Work comes as *lanes*: `run(lanes:)` calls its function once for each. Whoever is awake takes the next lane that nobody has begun, so
/// a thread that the system lets wait, because something else is busy there, holds up no more than the lane it is in. Who computes a
/// lane changes the time taken, never the numbers, as long as lanes touch no memory of one another's.
public final class WorkerPool: @unchecked Sendable {
  /// How many threads work, the caller's included: as many as asked for, or as the system gave.
  public private(set) var threads = 1
  private let patience: Patience

  /// Looks at a number that another thread is to change, before one sleeps until it does.
  package struct Patience: Sendable {
    /// Looks with nothing but a pause between them.
    package var spins: Int
    /// The looks after those, each letting others have the processor first.
    package var yields: Int

    package init(spins: Int, yields: Int) {
      self.spins = spins
      self.yields = yields
    }
  }

  /// How often work was announced, and in the low bits how many of its lanes nobody has begun. One number, so that whoever looks late
  /// takes no lane of other work than what it looked at.
  private let ticket = Atomic<UInt64>(0)
  private static let laneBits: UInt64 = 16
  private static let laneMask: UInt64 = 1 << laneBits - 1
  private let unfinished = Atomic<Int>(0)
  private let sleepers = Atomic<Int>(0)
  private let isCallerAsleep = Atomic<Bool>(false)
  private let isStopping = Atomic<Bool>(false)
  private let isRunning = Atomic<Bool>(false)
  // Written by `run` before it moves `ticket`; read by those who have taken a lane, for which `run` waits.
  private var work: (Int) -> Void = { _ in }
  private var lanes = 0

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let announced = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let finished = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var workers: [pthread_t] = []

  /// Starts a thread that runs `serve` with the pool; 0, or what the system said.
  package typealias ThreadStart = (
    _ thread: UnsafeMutablePointer<pthread_t>, _ pool: UnsafeMutableRawPointer
  ) -> Int32

  /// - Parameter threads: how many threads work, the caller's included; at least 1. Where the system refuses some, it works with fewer.
  public convenience init(threads: Int) {
    // A millisecond or two: longer than what lies between updates, so that in training no worker falls asleep. Waking one costs
    // tens of microseconds.
    self.init(threads: threads, patience: Patience(spins: 1000, yields: 3000))
  }

  /// - Parameters:
  ///   - patience: of a worker that waits for work.
  ///   - start: how threads are started.
  package init(threads requested: Int, patience: Patience, start: ThreadStart = WorkerPool.startThread) {
    self.patience = patience
    demand(requested >= 1, "a pool needs at least one thread, not \(requested)")
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(announced, nil)
    pthread_cond_init(finished, nil)
    for _ in 1..<max(requested, 1) {
      var thread = pthread_t()
      // Not retained: `deinit` waits for them.
      guard start(&thread, Unmanaged.passUnretained(self).toOpaque()) == 0 else { break }
      workers.append(thread)
    }
    threads = workers.count + 1
  }

  package static func startThread(_ thread: UnsafeMutablePointer<pthread_t>, _ pool: UnsafeMutableRawPointer) -> Int32 {
    pthread_create(
      thread, nil,
      { argument in
        // Linux passes an optional nowhere here, Darwin neither: the argument is the pool.
        Unmanaged<WorkerPool>.fromOpaque(argument!)._withUnsafeGuaranteedRef { $0.serve() }
        return nil
      }, pool)
  }

  deinit {
    isStopping.store(true, ordering: .releasing)
    announce(lanes: 0)
    for worker in workers { pthread_join(worker, nil) }
    pthread_cond_destroy(announced)
    pthread_cond_destroy(finished)
    pthread_mutex_destroy(mutex)
    announced.deallocate()
    finished.deallocate()
    mutex.deallocate()
  }

  /// Calls `body` for each lane, and returns when all have finished. One call at a time: not from within a lane, not from two threads.
  public func run(lanes: Int, _ body: @escaping (Int) -> Void) {
    demand(
      !isRunning.exchange(true, ordering: .acquiring),
      "a pool runs \(lanes) lanes while an earlier call to run has not returned; give each caller a pool of its own")
    defer { isRunning.store(false, ordering: .releasing) }
    guard threads > 1, lanes > 1 else {
      for lane in 0..<lanes { body(lane) }
      return
    }
    demand(lanes <= Self.laneMask, "a pool takes at most \(Self.laneMask) lanes, not \(lanes)")
    work = body
    self.lanes = lanes
    unfinished.store(lanes, ordering: .relaxed)
    announce(lanes: lanes)
    while let lane = takeLane() {
      body(lane)
      _ = unfinished.subtract(1, ordering: .acquiringAndReleasing)
    }
    waitForOthers()
  }

  private func serve() {
    var seen: UInt64 = 0
    while true {
      seen = waitForWork(after: seen)
      if isStopping.load(ordering: .acquiring) { return }
      while let lane = takeLane() {
        work(lane)
        let left = unfinished.subtract(1, ordering: .sequentiallyConsistent).newValue
        if left == 0 && isCallerAsleep.load(ordering: .sequentiallyConsistent) {
          pthread_mutex_lock(mutex)
          pthread_cond_signal(finished)
          pthread_mutex_unlock(mutex)
        }
      }
    }
  }

  /// The next lane that nobody has begun.
  private func takeLane() -> Int? {
    var seen = ticket.load(ordering: .acquiring)
    while seen & Self.laneMask > 0 {
      let (isTaken, current) = ticket.weakCompareExchange(expected: seen, desired: seen - 1, ordering: .acquiringAndReleasing)
      if isTaken { return lanes - Int(seen & Self.laneMask) }
      seen = current
    }
    return nil
  }

  private func announce(lanes: Int) {
    let count = ticket.load(ordering: .relaxed) >> Self.laneBits
    ticket.store((count + 1) << Self.laneBits | UInt64(lanes), ordering: .sequentiallyConsistent)
    guard sleepers.load(ordering: .sequentiallyConsistent) > 0 else { return }
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(announced)
    pthread_mutex_unlock(mutex)
  }

  /// Looks for work for as long as what lies between two updates takes, then sleeps. Returns how often work had been announced.
  private func waitForWork(after seen: UInt64) -> UInt64 {
    func count() -> UInt64 { ticket.load(ordering: .sequentiallyConsistent) >> Self.laneBits }
    if look({ count() != seen }, patience) { return count() }
    pthread_mutex_lock(mutex)
    sleepers.add(1, ordering: .sequentiallyConsistent)
    while count() == seen { pthread_cond_wait(announced, mutex) }
    sleepers.subtract(1, ordering: .relaxed)
    pthread_mutex_unlock(mutex)
    return count()
  }

  /// Lanes are about equally long, so this is short, unless the system has taken the processor from one who computes one. Asleep, the
  /// caller leaves it its own.
  private func waitForOthers() {
    func isDone() -> Bool { unfinished.load(ordering: .sequentiallyConsistent) == 0 }
    if look(isDone, Patience(spins: min(patience.spins, 1000), yields: min(patience.yields, 100))) { return }
    pthread_mutex_lock(mutex)
    isCallerAsleep.store(true, ordering: .sequentiallyConsistent)
    while !isDone() { pthread_cond_wait(finished, mutex) }
    isCallerAsleep.store(false, ordering: .relaxed)
    pthread_mutex_unlock(mutex)
  }

  /// Whether `isThere` came true while one had the patience to look.
  @inline(__always)
  private func look(_ isThere: () -> Bool, _ patience: Patience) -> Bool {
    for _ in 0..<patience.spins {
      if isThere() { return true }
      processor_relax()
    }
    for _ in 0..<patience.yields {
      if isThere() { return true }
      sched_yield()
    }
    return isThere()
  }
}
