import Environments
import Foundation
import Gym
import HDF5
import Testing

/// Trajectories recorded from Gymnasium (Recorder/record.py), replayed: every number is the same.
@Suite struct GymnasiumEqualityTests {
  static let fixtures: [String] = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".h5") }.sorted().map { folder.appending(path: $0).path }
  }()

  @Test func `every id, 18 parameter sets, ten models of one's own and three diverging tasks are recorded`() {
    let names = Self.fixtures.map { URL(filePath: $0).deletingPathExtension().lastPathComponent }
    #expect(Set(EnvironmentCatalog.ids.filter { !$0.contains("PyBullet") }).isSubset(of: names))
    #expect(names.count { $0.hasSuffix("-parameters") } == 18)
    #expect(names.count { $0.hasSuffix("-joints") || $0.hasSuffix("-cable") } == 10)
    #expect(names.count { $0.hasSuffix("-broken") } == 3)
  }

  @Test(arguments: fixtures) func `a recorded trajectory replays without any difference`(path: String) throws {
    let file = try HDF5File.open(at: path)
    let id: String = try file.attribute("environment")
    let parameters = try parameters(json: try file.attribute("parameters"))
    let model: String? = try file.attributeNames.contains("model") ? file.attribute("model") : nil
    try withModel(model) { path in
      let own: [String: ParameterValue] = path.map { ["xml_file": .string($0)] } ?? [:]
      let made = try EnvironmentCatalog.make(id, parameters: parameters.merging(own) { $1 })
      let task = try #require(made as? any StateSettable)
      let episodes = try file.childNames
      #expect(episodes.count >= 3)
      for episode in episodes { try compare(try file.group(episode), with: task) }
    }
  }

  private func withModel(_ text: String?, _ body: (String?) throws -> Void) throws {
    guard let text else { return try body(nil) }
    try withTemporaryModel(text) { try body($0) }
  }

  private func compare(_ group: Group, with task: any StateSettable) throws {
    var worst = Differences()
    try task.setState(qpos: try group.read("qpos0"), qvel: try group.read("qvel0"))
    let observations = try Rows(group, "observations")
    let positions = try Rows(group, "qpos")
    let velocities = try Rows(group, "qvel")
    let rewards: [Double] = try group.read("rewards")
    let terminated: [UInt8] = try group.read("terminated")
    worst.note(task.observation, observations[0])
    let actions = try group.dataset("actions")
    for step in rewards.indices {
      let result =
        actions.elementType == .float32
        ? try task.step(controls: try actions.read(rows: step..<step + 1, as: Float.self))
        : try task.step(controls: try actions.read(rows: step..<step + 1, as: Double.self))
      worst.note(task.observation, observations[step + 1])
      worst.note(task.qpos, positions[step + 1])
      worst.note(task.qvel, velocities[step + 1])
      worst.note([result.reward], [rewards[step]])
      #expect((result.ending == .terminated) == (terminated[step] == 1), "\(group.path) step \(step)")
    }
    #expect(worst.largest == 0, "\(group.path)")
    #expect(worst.compared > rewards.count * task.specification.observationSize)
  }

  private func parameters(json: String) throws -> [String: ParameterValue] {
    let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    return try object.mapValues { value in
      switch value {
      case let text as String: return .string(text)
      case let pair as [Double]: return .pair(pair[0], pair[1])
      case let number as NSNumber:
        // JSON's booleans arrive as numbers too, told apart by their C type.
        return String(cString: number.objCType) == "c" ? .bool(number.boolValue) : .number(number.doubleValue)
      default: throw CocoaError(.coderInvalidValue)
      }
    }
  }
}

/// A two-dimensional dataset, by row.
private struct Rows {
  let values: [Double]
  let width: Int

  init(_ group: Group, _ name: String) throws {
    values = try group.read(name)
    width = try group.dataset(name).shape[1]
  }

  subscript(row: Int) -> ArraySlice<Double> { values[row * width..<(row + 1) * width] }
}

/// The largest absolute difference seen; NaN equals NaN only.
private struct Differences {
  var largest = 0.0
  var compared = 0

  mutating func note(_ given: [Double], _ expected: some Collection<Double>) {
    guard given.count == expected.count else {
      largest = .infinity
      return
    }
    for (a, b) in zip(given, expected) where a != b && !(a.isNaN && b.isNaN) {
      largest = (a - b).isNaN ? .infinity : max(largest, abs(a - b))
    }
    compared += given.count
  }
}
