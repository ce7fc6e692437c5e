import Agents
import CAllocationCounter
import Configuration
import Environments
import Glibc
import Gym
import LinearAlgebra
import Records
import Synchronization
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

  @Test(arguments: AlgorithmCatalogue.standard.algorithms, [1, 2])
  func `a step of training asks for no memory, but where an episode or a row ends`(_ algorithm: Algorithm, _ threads: Int) throws {
    let isSafe = [.sacLagrangian, .safeSACHPO].contains(algorithm)
    let folder = try TemporaryFolder()
    var settings = Settings(environment: isSafe ? "Ant-v2" : "Hopper-v2", algorithm: algorithm)
    // Networks and batches of the usual size: BLAS has buffers of its own for some small shapes.
    settings.steps = 120
    settings.updateAfter = 20
    settings.warmupSteps = 10
    settings.loggingInterval = 40
    settings.evaluationInterval = 120
    settings.evaluationEpisodes = 1
    settings.checkpointInterval = 120
    settings.threads = .count(threads)
    // The first that is made is the training one.
    var tasks: [EpisodeCounter] = []
    let run = try TrainingRun(settings, directory: RunDirectory(path: "\(folder.path)/run")) {
      tasks.append(EpisodeCounter(try EnvironmentCatalog.make(settings.environment)))
      return tasks[tasks.count - 1]
    }
    #expect((run.settings.costLimit != nil) == isSafe)
    let task = tasks[0]
    // The first thirty steps with updates may warm up.
    let counted = 50..<120
    var counts = [Int](repeating: 0, count: settings.steps + 1)
    var quiet = 0
    var before = (allocations: allocation_count(), episodes: 0)
    run.onStep = { run in
      let now = (allocations: allocation_count(), episodes: task.episodes)
      if counted.contains(run.stepsTaken) && run.stepsTaken % settings.loggingInterval != 0 && now.episodes == before.episodes {
        quiet += 1
        counts[run.stepsTaken] = Int(now.allocations - before.allocations)
      }
      before = now
    }
    try run.run()
    #expect(quiet > 50, "\(quiet) of \(counted.count) steps were looked at")
    let noisy = counts.enumerated().filter { $0.element > 0 }.map { "\($0.element) in step \($0.offset)" }
    #expect(noisy.isEmpty, "allocations: \(noisy.joined(separator: ", "))")
  }

  @Test(arguments: AlgorithmCatalogue.standard.algorithms) func `an update on two threads asks for no memory on either`(_ algorithm: Algorithm) throws
  {
    let isSafe = [.sacLagrangian, .safeSACHPO].contains(algorithm)
    let costs = isSafe ? try EnvironmentCatalog.registry.entry("Ant-v2").costs : []
    let settings = try Settings(environment: isSafe ? "Ant-v2" : "Hopper-v2", algorithm: algorithm)
      .agentSettings(for: EnvironmentSpecification(id: "", observationSize: 11, actionSize: 3, timeLimit: nil, costs: costs))
    #expect((settings.costConstraint != nil) == isSafe)
    let pool = WorkerPool(threads: 2)
    let agent = makeAgent(settings, seed: 0, pool: pool)
    let counts = UnsafeMutablePointer<Int>.allocate(capacity: 2)
    defer { counts.deallocate() }
    try #require(pool.threads == 2)
    let caller = pthread_self()
    let arrivals = Arrivals()
    // Whoever is awake takes a lane, even both: waiting for the other has each thread take one and say what it has counted.
    let count: (Int) -> Void = { _ in
      arrivals.number.add(1, ordering: .sequentiallyConsistent)
      while arrivals.number.load(ordering: .sequentiallyConsistent) % 2 != 0 { sched_yield() }
      counts[pthread_equal(pthread_self(), caller) != 0 ? 0 : 1] = Int(allocation_count())
    }
    for _ in 0..<20 { try agent.update() }
    pool.run(lanes: 2, count)
    let before = (counts[0], counts[1])
    for _ in 0..<20 { try agent.update() }
    pool.run(lanes: 2, count)
    #expect((counts[0], counts[1]) == before)
  }

  private final class Arrivals: Sendable {
    let number = Atomic(0)
  }

  /// Counts the episodes that end in the task that it hands everything on to.
  private final class EpisodeCounter: Environment {
    private let task: any Environment
    private(set) var episodes = 0

    init(_ task: any Environment) { self.task = task }

    var specification: EnvironmentSpecification { task.specification }
    var observation: [Double] { task.observation }

    func reset<Generator: RandomNumberGenerator>(using generator: inout Generator) throws { try task.reset(using: &generator) }

    func step(_ action: [Float]) throws -> Step {
      let step = try task.step(action)
      if step.ending != nil { episodes += 1 }
      return step
    }
  }
}
