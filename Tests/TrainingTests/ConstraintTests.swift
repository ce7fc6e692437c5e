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

  @Test(arguments: [Algorithm.sacLagrangian, .safeSACHPO])
  func `every finished episode moves λ by its discounted cost, random ones too, across an interruption`(_ algorithm: Algorithm) throws {
    var settings = Settings.smallTask(algorithm, steps: 700)
    (settings.cost, settings.costLimit, settings.multiplierRate) = (.own, 0.5, 0.3)
    settings.updateAfter = 600
    settings.warmupSteps = 300
    settings.evaluationInterval = 700
    settings.evaluationEpisodes = 1
    let directory = RunDirectory(path: "\(folder.path)/\(algorithm.name)")
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

    let costs: [Double] = try HDF5File.open(at: directory.curve).read("episode/discounted_cost")
    #expect(costs.count > 15)
    var (lambda, recent) = (0.0, [Double]())
    for cost in costs {
      recent = Array((recent + [cost]).suffix(10))
      lambda = max(0, lambda + 0.3 * (recent.reduce(0, +) / Double(recent.count) - 0.5))
    }
    let checkpoint = try HDF5File.open(at: directory.checkpoint)
    #expect(lambda > 1 && second.multiplier == lambda)
    #expect(try checkpoint.group("multiplier").attribute("value") == lambda)
    #expect(try checkpoint.group("networks").attribute("lambda") == lambda)
    #expect(try checkpoint.read("multiplier/recent") == recent)
  }
}
