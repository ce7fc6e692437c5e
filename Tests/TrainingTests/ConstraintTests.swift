import Agents
import Configuration
import Foundation
import HDF5
import Records
import TestSupport
import Testing
import Training

/// From a run's episodes to λ.
@Suite struct ConstraintTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Runs 700 steps, the first 300 of them random, with an interruption between, in episodes of at most 40; the λ that the run ended with.
  private func trained(_ algorithm: Algorithm, in directory: RunDirectory, _ configure: (inout Settings) -> Void) throws -> Double? {
    var settings = Settings.smallTask(algorithm, steps: 700)
    (settings.cost, settings.costLimit) = (.own, 0.5)
    settings.updateAfter = 600
    settings.warmupSteps = 300
    settings.evaluationInterval = 700
    settings.evaluationEpisodes = 1
    configure(&settings)
    func interruptedRun() throws -> Double? {
      let run = try TrainingRun(settings, directory: directory) { PointMass() }
      run.stopRequest = { [unowned run] in run.stepsTaken == 450 ? .terminate : nil }
      #expect(throws: RunError.interrupted(signal: .terminate, step: 450, path: directory.path)) { try run.run() }
      return run.multiplier
    }
    let before = try interruptedRun()
    let second = try TrainingRun(settings, directory: directory) { PointMass() }
    #expect(second.multiplier == before && before != nil)
    try second.run()
    let checkpoint = try HDF5File.open(at: directory.checkpoint)
    #expect(try checkpoint.group("multiplier").attribute("value") == second.multiplier)
    #expect(try checkpoint.group("networks").attribute("lambda") == second.multiplier)
    return second.multiplier
  }

  @Test(arguments: [Algorithm.sacLagrangian, .safeSACHPO])
  func `by episodes, every finished one moves λ by its discounted cost, random ones too, across an interruption`(
    _ algorithm: Algorithm
  ) throws {
    let directory = RunDirectory(path: "\(folder.path)/\(algorithm.name)")
    let found = try trained(algorithm, in: directory) { ($0.multiplierSchedule, $0.multiplierRate) = (.episodes, 0.3) }
    let costs: [Double] = try HDF5File.open(at: directory.curve).read("episode/discounted_cost")
    #expect(costs.count > 15)
    var (lambda, recent) = (0.0, [Double]())
    for cost in costs {
      recent = Array((recent + [cost]).suffix(10))
      lambda = max(0, lambda + 0.3 * (recent.reduce(0, +) / Double(recent.count) - 0.5))
    }
    #expect(lambda > 1 && found == lambda)
    #expect(try HDF5File.open(at: directory.checkpoint).read("multiplier/recent") == recent)
  }

  @Test(arguments: CostKind.allCases)
  func `by steps, λ is still while actions are random, and then moves with every episode's length`(_ kind: CostKind) throws {
    let directory = RunDirectory(path: "\(folder.path)/\(kind.rawValue)")
    let found = try trained(.sacLagrangian, in: directory) { ($0.costKind, $0.multiplierRate) = (kind, 20) }
    let curve = try HDF5File.open(at: directory.curve)
    let ends: [Int] = try curve.read("episode/step")
    let lengths = try curve.read("episode/length", as: Double.self).map { Int($0) }
    let costs: [Double] = try curve.read(kind == .sum ? "episode/discounted_cost" : "episode/cost")
    var (lambda, recent) = (0.0, [(cost: Double, steps: Int)]())
    for index in ends.indices where ends[index] - lengths[index] >= 300 {
      recent = Array((recent + [(costs[index], lengths[index])]).suffix(10))
      let sum = recent.map(\.cost).reduce(0, +)
      let value = kind == .sum ? sum / Double(recent.count) : sum / Double(recent.map(\.steps).reduce(0, +)) / 0.05
      lambda = max(0, lambda + 20 * Double(lengths[index]) / 1000 * (value - 0.5) * 0.05)
    }
    #expect(recent.count > 5 && recent.count < ends.count)
    let multiplier = try #require(found)
    #expect(lambda > 0.1 && abs(multiplier - lambda) < 1e-12 * lambda)
  }
}
