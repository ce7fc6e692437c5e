import Configuration
import Foundation
import Gym
import Records
import TestSupport
import Testing
import Training

/// Environments of one's own that no run can be made with are said so before a file is written.
@Suite struct UnsuitableEnvironmentTests {
  /// A point mass whose facts are not its own.
  private final class Misdescribed: Environment {
    private let task = PointMass()
    let specification: EnvironmentSpecification
    var observation: [Double] { task.observation }

    init(_ specification: EnvironmentSpecification) { self.specification = specification }

    func reset<Generator: RandomNumberGenerator>(using generator: inout Generator) { task.reset(using: &generator) }

    func step(_ action: [Float]) throws -> Step { try task.step(action + [0, 0]) }
  }

  private func message(_ specification: EnvironmentSpecification) throws -> String {
    let folder = try TemporaryFolder()
    let directory = RunDirectory(path: "\(folder.path)/run")
    let settings = Settings.smallTask(.sac, steps: 10)
    defer { #expect(!FileManager.default.fileExists(atPath: directory.path)) }
    do {
      _ = try TrainingRun(settings, directory: directory) { Misdescribed(specification) }
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  @Test func `another id than the settings name is refused`() throws {
    #expect(
      try message(.init(id: "Other-v7", observationSize: 4, actionSize: 2, timeLimit: 40)) == """
        the settings name the environment 'PointMass-v0', the one that was made is 'Other-v7'; use one id for both
        """)
  }

  @Test(arguments: [3, 5]) func `an observation of another length than it says is one line`(size: Int) throws {
    #expect(
      try message(.init(id: "PointMass-v0", observationSize: size, actionSize: 2, timeLimit: 40)) == """
        PointMass-v0's observation has 4 numbers after reset, its specification says \(size)
        """)
  }
}
