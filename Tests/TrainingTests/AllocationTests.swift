import CAllocationCounter
import Environments
import Experience
import TestSupport
import Testing
import Training

/// Training allocates while it is set up and when something is written; a step takes memory as it finds it.
@Suite(.enabled(if: allocation_counter_works())) struct AllocationTests {
  @Test func `the counter counts`() {
    let before = allocation_count()
    let array = [Int](repeating: 1, count: Int.random(in: 1000..<2000))
    #expect(allocation_count() > before && array.count > 0)
  }

  @Test(arguments: ["sac", "sac-hpo", "sac-nf", "baseline-1", "sac-hpo-zero-momentum"])
  func `a training step in steady state allocates nothing`(_ algorithm: String) throws {
    try expectNoAllocations(in: "Hopper-v2", algorithm)
  }

  @Test(arguments: ["sac-lagrangian", "safe-sac-hpo"])
  func `a safe agent's training step in steady state allocates nothing`(_ algorithm: String) throws {
    try expectNoAllocations(in: "Ant-v2", algorithm)
  }

  private func expectNoAllocations(in environment: String, _ algorithm: String) throws {
    let folder = try TemporaryFolder()
    var settings = Settings(environment: environment, algorithm: try Algorithm(named: algorithm))
    // Networks and batches of the usual size: BLAS has buffers of its own for some small shapes.
    settings.steps = 220
    settings.updateAfter = 50
    settings.warmupSteps = 40
    settings.loggingInterval = 220
    settings.evaluationInterval = 220
    settings.evaluationEpisodes = 1
    settings.checkpointInterval = 220
    settings.threads = 1
    let run = try TrainingRun(settings, directory: RunDirectory(path: "\(folder.path)/run")) {
      try EnvironmentCatalog.make(environment)
    }
    // Steps that end an episode write to the curve; all others are counted. The first hundred after updates began may warm up.
    var counts: [Int] = []
    counts.reserveCapacity(220)
    var before = allocation_count()
    run.onStep = { run in
      let now = allocation_count()
      if run.stepsTaken > 120 && run.stepsTaken < 220 { counts.append(Int(now - before)) }
      before = allocation_count()
    }
    try run.run()
    let without = counts.count { $0 == 0 }
    // At most one step in ten ends an episode.
    #expect(without >= counts.count * 9 / 10, "\(counts.filter { $0 > 0 }.count) of \(counts.count) steps allocated: \(counts)")
  }
}
