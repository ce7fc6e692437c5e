import LinearAlgebra
import Synchronization
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct WorkerPoolTests {
  @Test(arguments: [1, 2, 3, 4])
  func `every lane runs exactly once, whatever the number of threads`(_ threads: Int) {
    let pool = WorkerPool(threads: threads)
    for lanes in [1, 2, 5, 9] {
      let counts = Vector<Double>(count: lanes)
      for _ in 0..<500 { pool.run(lanes: lanes) { counts[$0] += 1 } }
      #expect(counts.array == Array(repeating: 500, count: lanes))
    }
  }

  @Test func `workers that went to sleep wake for the next piece of work`() {
    let pool = WorkerPool(threads: 3, patience: .init(spins: 0, yields: 0))  // who finds nothing to do sleeps at once
    let counts = Vector<Double>(count: 3)
    for _ in 0..<2000 { pool.run(lanes: 3) { counts[$0] += 1 } }
    #expect(counts.array == [2000, 2000, 2000])
  }

  /// Lane 0 ends once lanes 1 to 3 have: the other thread has to take all of them.
  @Test(.timeLimit(.minutes(1)))
  func `a thread that is held up in a lane leaves the others to those that are awake`() {
    final class Count: Sendable { let value = Atomic<Int>(0) }
    let pool = WorkerPool(threads: 2)
    for _ in 0..<100 {
      let done = Count()
      pool.run(lanes: 4) { lane in
        if lane == 0 {
          while done.value.load(ordering: .acquiring) < 3 { sched_yield() }
        } else {
          done.value.add(1, ordering: .acquiringAndReleasing)
        }
      }
      #expect(done.value.load(ordering: .acquiring) == 3)
    }
  }

  @Test(arguments: [0, 1, 2])
  func `where the system refuses threads, the others do the work`(_ granted: Int) {
    var asked = 0
    let pool = WorkerPool(threads: 4, patience: .init(spins: 10, yields: 10)) { thread, pool in
      asked += 1
      return asked > granted ? EAGAIN : WorkerPool.startThread(thread, pool)
    }
    #expect(pool.threads == granted + 1)
    let counts = Vector<Double>(count: 6)
    for _ in 0..<100 { pool.run(lanes: 6) { counts[$0] += 1 } }
    #expect(counts.array == [100, 100, 100, 100, 100, 100])
  }

  @Test func `a pool goes while its workers sleep, spin or have never worked`() {
    for patience in [WorkerPool.Patience(spins: 0, yields: 0), .init(spins: 100_000, yields: 100_000)] {
      for lanes in [0, 3] {
        let pool = WorkerPool(threads: 3, patience: patience)
        let counts = Vector<Double>(count: 3)
        if lanes > 0 { pool.run(lanes: lanes) { counts[$0] += 1 } }
        #expect(counts.sum() == Double(lanes))
      }
    }
  }

  @Test func `a call of run within another traps, whatever the number of threads`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let pool = WorkerPool(threads: 1)
      pool.run(lanes: 2) { _ in pool.run(lanes: 3) { _ in } }
    }
    let said = result.map { String(decoding: $0.standardErrorContent, as: UTF8.self) }
    #expect(said?.contains("a pool runs 3 lanes while an earlier call to run has not returned") == true)
  }
}
