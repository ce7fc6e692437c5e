import Configuration
import Environments
import Foundation
import Gym
import HDF5
import Interchange
import Records
import TestSupport
import Testing
import Training

/// `hpo actions`, checked by plain loops over the weights that the file holds.
@Suite struct ActionCloudTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A short run, on Hopper with its three dimensions of actions.
  private func train(_ algorithm: Algorithm, in environment: String = "Hopper-v2") throws -> RunDirectory {
    var settings = Settings(environment: environment, algorithm: algorithm)
    settings.steps = 40
    settings.hiddenSize = 16
    settings.batchSize = 8
    settings.warmupSteps = 10
    settings.updateAfter = 10
    settings.evaluationInterval = 40
    settings.evaluationEpisodes = 1
    if algorithm == .safeSACHPO { settings.cost = .paper }
    let directory = RunDirectory(out: folder.path, settings: settings)
    try TrainingRun(settings, directory: directory) { try EnvironmentCatalog.make(environment) }.run()
    return directory
  }

  private func write(_ run: RunDirectory, dimensions: [Int], seed: Int = 0, to output: String) throws {
    let policy = try TrainedPolicy(run: run)
    let environment = try EnvironmentCatalog.make(policy.settings.environment)
    try ActionCloudFile.write(policy, in: environment, dimensions: dimensions, seed: seed, output: output)
  }

  private func actions(_ run: RunDirectory, seed: Int = 0, name: String = "actions.h5") throws -> HDF5File {
    let output = "\(folder.path)/\(name)"
    try write(run, dimensions: [2, 0], seed: seed, to: output)
    return try HDF5File.open(at: output)
  }

  /// W₂ relu(W₁ relu(W₀ x + b₀) + b₁) + b₂, with as many layers as the file has.
  private func network(_ name: String, in file: HDF5File, layers: Int, _ input: [Double]) throws -> [Double] {
    var values = input
    for layer in 0..<layers {
      let bias: [Float] = try file.read("networks/\(name)/\(layer)/bias")
      let weight: [Float] = try file.read("networks/\(name)/\(layer)/weight")
      let width = values.count
      values = bias.indices.map { row in
        let sum = (0..<width).reduce(Double(bias[row])) { $0 + Double(weight[row * width + $1]) * values[$1] }
        return layer == layers - 1 ? sum : max(sum, 0)
      }
    }
    return values
  }

  @Test(arguments: [Algorithm.sac, .sacHPO]) func `the contour is min Q of the critics that exploration climbs`(_ algorithm: Algorithm) throws {
    let run = try train(algorithm)
    let file = try actions(run)
    let networks = try HDF5File.open(at: run.checkpoint)
    let critics = algorithm == .sac ? ["critic1", "critic2"] : ["target_critic1", "target_critic2"]
    let critic: String = try file.attribute("critic")
    #expect(critic == (algorithm == .sac ? "online" : "target"))
    let state: [Double] = try file.read("state", shape: [11])
    let values: [Float] = try file.read("min_q", shape: [101, 101])
    let (x, y): ([Double], [Double]) = (try file.read("grid_x", shape: [101]), try file.read("grid_y", shape: [101]))
    #expect(x.first == -1 && x.last == 1 && x[50] == 0 && y == x)
    let dimensions: [Int64] = try file.read("dimensions", shape: [2])
    #expect(dimensions == [2, 0])

    let single = state.map { Double(Float($0)) }
    let layers = (0..<4).first { (try? networks.dataset("networks/policy/\($0)/bias")) == nil } ?? 4
    let mean = try network("policy", in: networks, layers: layers, single).prefix(3).map { tanh($0) }
    for (row, column) in [(0, 0), (17, 93), (50, 50), (100, 3)] {
      let action = [y[row], mean[1], x[column]]
      let expected = try critics.map { try network($0, in: networks, layers: 3, single + action)[0] }.min()!
      #expect(abs(Double(values[row * 101 + column]) - expected) < 1e-4 * max(1, abs(expected)))
    }
  }

  @Test func `base actions are the base policy's, and evolved ones are where something evolves them`() throws {
    let plain = try actions(try train(.sac))
    let base: [Float] = try plain.read("base_actions", shape: [1000, 3])
    #expect(try plain.read("evolved_actions", shape: [1000, 3]) == base)
    #expect(base.allSatisfy { abs($0) <= 1 })

    let run = try train(.sacHPO)
    let evolved = try actions(run)
    let before: [Float] = try evolved.read("base_actions", shape: [1000, 3])
    let after: [Float] = try evolved.read("evolved_actions", shape: [1000, 3])
    #expect(zip(before, after).count { $0 != $1 } > 2900)
    #expect(after.allSatisfy { abs($0) <= 1 })
    let names: [String] = [try evolved.attribute("environment"), try evolved.attribute("algorithm")]
    #expect(names == ["Hopper-v2", "sac-hpo"])
    let numbers: [Int] = [try evolved.attribute("step"), try evolved.attribute("seed")]
    #expect(numbers == [40, 0])

    // The median of tanh u is tanh μ: u is normal about μ, and tanh keeps order.
    let networks = try HDF5File.open(at: run.checkpoint)
    let state: [Double] = try evolved.read("state", shape: [11])
    let layers = (0..<4).first { (try? networks.dataset("networks/policy/\($0)/bias")) == nil } ?? 4
    let output = try network("policy", in: networks, layers: layers, state.map { Double(Float($0)) })
    for dimension in 0..<3 {
      let draws = (0..<1000).map { before[3 * $0 + dimension] }.sorted()
      // Half of them below, ± four standard deviations of a binomial.
      let below = draws.count { Double($0) < tanh(output[dimension]) }
      #expect(abs(below - 500) < 64)
    }
  }

  @Test func `a safe agent's actions pass its filter one by one`() throws {
    let file = try actions(try train(.safeSACHPO, in: "HalfCheetah-v2"))
    let before: [Float] = try file.read("base_actions", shape: [1000, 6])
    let after: [Float] = try file.read("evolved_actions", shape: [1000, 6])
    #expect(before != after && after.allSatisfy { abs($0) <= 1 })
  }

  @Test func `the seed decides state and draws, and nothing else does`() throws {
    let run = try train(.sacHPO)
    func contents(_ seed: Int, _ name: String) throws -> ([Double], [Float]) {
      let file = try actions(run, seed: seed, name: name)
      return (try file.read("state"), try file.read("evolved_actions"))
    }
    let first = try contents(3, "a.h5")
    let again = try contents(3, "b.h5")
    let other = try contents(4, "c.h5")
    #expect(first == again)
    #expect(first.0 != other.0 && first.1 != other.1)
  }

  @Test func `dimensions that an action has not got are refused`() throws {
    let run = try train(.sac)
    func message(_ dimensions: [Int]) -> String? {
      do { try write(run, dimensions: dimensions, to: "\(folder.path)/no.h5") } catch {
        return "\(error)"
      }
      return nil
    }
    #expect(message([0, 3]) == "'0,3' are no two dimensions of Hopper-v2's actions; choose two different numbers of 0 to 2, such as 0,1")
    #expect(message([1, 1]) == "'1,1' are no two dimensions of Hopper-v2's actions; choose two different numbers of 0 to 2, such as 0,1")
  }
}
