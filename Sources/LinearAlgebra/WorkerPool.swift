import CProcessor
import Support
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A fixed team of threads that run one function side by side, handing over in about a microsecond.
///
/// Work comes as *lanes*: `run(lanes:)` calls its function once for each. How many threads share the lanes changes the time taken,
/// never the numbers, as long as lanes touch no memory of one another's.
public final class WorkerPool: @unchecked Sendable {
  public let threads: Int
  private let spinLimit: Int

  private let generation = Atomic<Int>(0)
  private let unfinished = Atomic<Int>(0)
  private let sleepers = Atomic<Int>(0)
  private let isStopping = Atomic<Bool>(false)
  // Written by `run` before it moves `generation`, read by workers after they saw it move.
  private var work: (Int) -> Void = { _ in }
  private var lanes = 0

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var workers: [pthread_t] = []

  /// - Parameter threads: how many threads work, the caller's included; at least 1.
  public convenience init(threads: Int) {
    // A millisecond or two: longer than what lies between updates, so that in training no worker falls asleep. Waking one costs
    // tens of microseconds.
    self.init(threads: threads, spinLimit: 50_000)
  }

  /// - Parameter spinLimit: looks for work before a worker goes to sleep.
  package init(threads: Int, spinLimit: Int) {
    self.spinLimit = spinLimit
    demand(threads >= 1, "a pool needs at least one thread, not \(threads)")
    self.threads = threads
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
    for index in 1..<max(threads, 1) {
      let start = Unmanaged.passRetained(Start(pool: Unmanaged.passUnretained(self), index: index))
      var thread = pthread_t()
      let status = pthread_create(
        &thread, nil,
        { argument in
          // Linux passes an optional nowhere here, Darwin neither: the argument is the retained Start.
          let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
          start.pool._withUnsafeGuaranteedRef { $0.serve(start.index) }
          return nil
        }, start.toOpaque())
      demand(status == 0, "the system refused thread \(index) of \(threads): error \(status)")
      workers.append(thread)
    }
  }

  deinit {
    isStopping.store(true, ordering: .releasing)
    announce()
    for worker in workers { pthread_join(worker, nil) }
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Calls `body` for each lane, and returns when all have finished. Not to be called from within a lane.
  public func run(lanes: Int, _ body: @escaping (Int) -> Void) {
    guard threads > 1, lanes > 1 else {
      for lane in 0..<lanes { body(lane) }
      return
    }
    work = body
    self.lanes = lanes
    unfinished.store(workers.count, ordering: .relaxed)
    announce()
    for lane in stride(from: 0, to: lanes, by: threads) { body(lane) }
    var spins = 0
    while unfinished.load(ordering: .acquiring) > 0 {
      spins += 1
      // Lanes are equally long, so the wait is short; where cores are fewer than threads, let the others run.
      if spins > spinLimit { sched_yield() } else { processor_relax() }
    }
  }

  private func serve(_ index: Int) {
    var seen = 0
    while true {
      seen = waitForWork(after: seen)
      if isStopping.load(ordering: .acquiring) { return }
      for lane in stride(from: index, to: lanes, by: threads) { work(lane) }
      unfinished.subtract(1, ordering: .releasing)
    }
  }

  /// Spins for as long as what lies between two updates takes, then sleeps.
  private func waitForWork(after seen: Int) -> Int {
    for _ in 0..<spinLimit {
      let current = generation.load(ordering: .acquiring)
      if current != seen { return current }
      processor_relax()
    }
    pthread_mutex_lock(mutex)
    sleepers.add(1, ordering: .sequentiallyConsistent)
    while generation.load(ordering: .sequentiallyConsistent) == seen { pthread_cond_wait(condition, mutex) }
    sleepers.subtract(1, ordering: .relaxed)
    pthread_mutex_unlock(mutex)
    return generation.load(ordering: .acquiring)
  }

  private func announce() {
    generation.add(1, ordering: .sequentiallyConsistent)
    guard sleepers.load(ordering: .sequentiallyConsistent) > 0 else { return }
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  private final class Start {
    let pool: Unmanaged<WorkerPool>
    let index: Int
    init(pool: Unmanaged<WorkerPool>, index: Int) {
      self.pool = pool
      self.index = index
    }
  }
}
