import Configuration
import Experience
import HDF5
import Records
import Support
import TestSupport
import Testing
import Training

/// The point mass, where every push costs: going home fast is dear.
@Suite struct SafeLearningTests {
  private let limit = 2.0

  /// Mean return and discounted cost of the deterministic policy: of ten episodes each after 3000, 3500 and 4000 steps.
  private func trained(_ algorithm: Algorithm) throws -> (meanReturn: Double, discountedCost: Double) {
    let folder = try TemporaryFolder()
    var settings = Settings.smallTask(algorithm, steps: 4000)
    settings.evaluationInterval = 500
    settings.cost = .own
    // A hundred episodes are few: λ has to settle within them.
    (settings.costLimit, settings.multiplierRate) = (limit, 50)
    // Algorithm 3 takes up to ten leapfrog steps where training takes three: long ones would lead where nothing was learned.
    (settings.leapfrogStepSize, settings.momentumStdTraining) = (0.1, 0.5)
    try TrainingRun(settings, directory: RunDirectory(path: "\(folder.path)/run")) { PointMass() }.run()
    let curve = try HDF5File.open(at: "\(folder.path)/run/curve.h5")
    func last(_ name: String) throws -> Double { Statistics(Array(try curve.read("evaluation/\(name)", as: Double.self).suffix(3))).mean }
    return (try last("return_mean"), try last("discounted_cost_mean"))
  }

  @Test func `safe agents learn within the limit that SAC, from the same seed, exceeds`() throws {
    let free = try trained(.sac)
    #expect(free.discountedCost > 1.25 * limit && free.meanReturn > -16, "\(free)")
    for algorithm in [Algorithm.sacLagrangian, .safeSACHPO] {
      let safe = try trained(algorithm)
      #expect(safe.discountedCost < 1.1 * limit, "\(algorithm.name): \(safe)")
      // Near it, too: standing still would be safe.
      #expect(safe.discountedCost > limit / 2 && safe.meanReturn > -16, "\(algorithm.name): \(safe)")
    }
  }
}
