import Environments
import Foundation
import Gym
import Testing

/// Models are known by what is in them, wherever they are named from.
@Suite struct ModelFileTests {
  private static let model = """
    <mujoco><worldbody><body><joint name='j'/><geom size='1'/></body></worldbody><actuator><motor joint='j' gear='GEAR' \
    ctrlrange='-1 1'/></actuator></mujoco>
    """

  private func hash(_ path: String) throws -> String {
    try #require(try EnvironmentCatalog.make("HalfCheetah", parameters: ["xml_file": .string(path)]).specification.modelHash).value()
  }

  @Test func `a model's hash changes with a gear, not with its place or its comments`() throws {
    let text = Self.model.replacingOccurrences(of: "GEAR", with: "2")
    try withTemporaryModel(text) { path in
      let first = try hash(path)
      #expect(first.count == 64)
      #expect(try hash(path) == first)
      try withTemporaryModel("<!-- a copy -->" + text) { copy in
        let second = try hash(copy)
        #expect(second == first)
      }
      try withTemporaryModel(Self.model.replacingOccurrences(of: "GEAR", with: "2.0001")) { changed in
        let other = try hash(changed)
        #expect(other != first)
      }
    }
  }

  @Test func `a shipped model, one included by another and a task without a model have their hashes`() throws {
    #expect(
      try EnvironmentCatalog.make("Hopper").specification.modelHash?.value() == EnvironmentCatalog.make("Hopper-v5").specification.modelHash?.value())
    #expect(
      try EnvironmentCatalog.make("Walker2d").specification.modelHash?.value()
        != EnvironmentCatalog.make("Walker2d-v5").specification.modelHash?.value())
    #expect(try EnvironmentCatalog.make("Pendulum").specification.modelHash?.value() == nil)
    let body = { (size: String) in "<mujoco><worldbody><body><joint name='j'/><geom size='\(size)'/></body></worldbody></mujoco>" }
    var hashes: [String] = []
    for size in ["1", "2"] {
      try withTemporaryModel(body(size)) { part in
        let whole = "<mujoco><include file='\(part)'/><actuator><motor joint='j' ctrlrange='-1 1'/></actuator></mujoco>"
        try withTemporaryModel(whole) { hashes.append(try hash($0)) }
      }
    }
    #expect(hashes[0] != hashes[1])
  }

  @Test func `paths are kept so that they mean the same from any folder`() throws {
    func kept(_ path: String) throws -> ParameterValue? {
      try EnvironmentCatalog.complete(["xml_file": .string(path)], of: "Hopper")["xml_file"]
    }
    let folder = FileManager.default.currentDirectoryPath
    let home = try #require(ProcessInfo.processInfo.environment["HOME"])
    #expect(try kept("hopper.xml") == "hopper.xml")
    #expect(try kept("./my.xml") == .string(folder + "/my.xml"))
    #expect(try kept("././models//my.xml") == .string(folder + "/models/my.xml"))
    #expect(try kept("../my.xml") == .string((folder as NSString).deletingLastPathComponent + "/my.xml"))
    #expect(try kept("~/my.xml") == .string(home + "/my.xml"))
    #expect(try kept("/models/./robots/../my.xml") == "/models/my.xml")
    #expect(try kept("/../my.xml") == "/my.xml")
  }

  @Test func `a '..' behind a symbolic link is left to the link`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "links-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder + "/deep/target", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: folder + "/deep/target")
    let path = folder + "/link/../my.xml"
    #expect(try EnvironmentCatalog.complete(["xml_file": .string(path)], of: "Ant")["xml_file"] == .string(path))
  }
}
