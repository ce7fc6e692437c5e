import Environments
import Filming
import Foundation
import Gym
import MuJoCo
import Random
import Rendering
import Testing

/// Pictures by MuJoCo's renderer, compared with stored ones: coarsely, because versions of Mesa differ in edges and rounding, but
/// closely enough for a bent knee to show.
@Suite(.enabled(if: canDraw, cannotDraw)) struct SceneTests {
  /// One of each kind, by its short name.
  static let tasks =
    [
      "HalfCheetah", "Hopper", "Walker2d", "Ant", "Humanoid", "InvertedPendulum", "InvertedDoublePendulum", "Reacher", "Pusher", "Swimmer",
      "HumanoidStandup", "Pendulum",
    ] + (RoboschoolHumanoid.isAvailable ? ["HumanoidPyBullet", "Flagrun", "FlagrunHarder"] : [])

  @Test func `every task of the catalogue is among those whose pictures are looked at`() {
    let families = Set(EnvironmentCatalog.ids.map { $0.prefix { $0 != "-" } })
    #expect(families.count == (RoboschoolHumanoid.isAvailable ? Self.tasks.count : Self.tasks.count + 3))
  }

  /// Cells of 48 × 48 that may differ: none does with the Mesa that the pictures were stored with.
  static let tolerance = 12

  /// An environment in a state that only the seed decides.
  private func task(_ name: String) throws -> any DescribedEnvironment {
    let environment = try EnvironmentCatalog.make(name)
    var generator = SeededGenerator(seed: 5)
    try environment.reset(using: &generator)
    return environment
  }

  @Test(arguments: tasks) func `a task looks as it did`(_ name: String) throws {
    let stored = try storedPicture(name)
    let present = try picture(of: try task(name))
    #expect(present.difference(from: stored) <= Self.tolerance)
  }

  @Test(arguments: tasks) func `a wrong pose and a black picture are told from what a task looks like`(_ name: String) throws {
    let stored = try storedPicture(name)
    #expect(Picture(width: 240, height: 240).difference(from: stored) > 4 * Self.tolerance)
    let environment = try task(name)
    // Ten steps of all motors at full power.
    for _ in 0..<10 { _ = try environment.step(Array(repeating: 1, count: environment.specification.actionSize)) }
    #expect(try picture(of: environment).difference(from: stored) > 2 * Self.tolerance)
  }

  @Test(arguments: tasks) func `things move in a film`(_ name: String) throws {
    let environment = try task(name)
    let performance = Performance(
      of: .random(in: environment, seed: 3), in: environment, startsFrom: SeededGenerator(seed: 3))
    let renderer = try makeRenderer(of: environment, width: 240, height: 240)
    var pictures: [Picture] = []
    struct Enough: Error {}
    #expect(throws: Enough.self) {
      // Enough episodes for the shortest, a pole that falls at once.
      try performance.record(10, with: renderer, width: 240, height: 240) { picture in
        pictures.append(picture)
        if pictures.count == 10 { throw Enough() }
      }
    }
    for (before, after) in zip(pictures, pictures.dropFirst()) { #expect(before != after) }
    let moved = pictures.map { picture in zip(pictures[0].bytes, picture.bytes).count { abs(Int($0) - Int($1)) > 32 } }
    #expect(moved.max() ?? 0 > 300)
  }

  @Test func `one scene is drawn the same by two renderers, in another thread, and after a picture of another size`() throws {
    let environment = try task("Hopper")
    let first = try picture(of: environment)
    let renderer = try makeRenderer(of: environment, width: 240, height: 240)
    var small = Picture(width: 100, height: 60)
    try renderer.draw(into: &small, caption: nil)
    var second = Picture(width: 240, height: 240)
    try renderer.draw(into: &second, caption: nil)
    #expect(first == second)

    final class Handover: @unchecked Sendable {  // used by one thread at a time
      let renderer: any Renderer
      var picture = Picture(width: 240, height: 240)
      init(_ renderer: any Renderer) { self.renderer = renderer }
    }
    let handover = Handover(renderer)
    let done = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      try? handover.renderer.draw(into: &handover.picture, caption: nil)
      done.signal()
    }
    done.wait()
    #expect(handover.picture == first)
  }

  @Test func `a caption is written into the picture`() throws {
    let renderer = try makeRenderer(of: try task("Ant"), width: 240, height: 240)
    var plain = Picture(width: 240, height: 240)
    var captioned = plain
    try renderer.draw(into: &plain, caption: nil)
    try renderer.draw(into: &captioned, caption: "sac-hpo, step 100000")
    // In its lower left corner, and nowhere else.
    let changed = (0..<240 * 240).filter { plain[$0 % 240, $0 / 240] != captioned[$0 % 240, $0 / 240] }
    #expect(changed.count > 500)
    #expect(changed.allSatisfy { $0 / 240 > 200 })
  }

  @Test func `a camera goes by its name, and one that is not there is refused with those that are`() throws {
    let environment = try task("Humanoid")
    #expect(try picture(of: environment, camera: "track") == picture(of: environment))
    #expect(try picture(of: environment, camera: "free").difference(from: picture(of: environment)) > 100)
    var message: String?
    do { _ = try picture(of: environment, camera: "trak") } catch { message = "\(error)" }
    #expect(message == "Humanoid-v2 has no camera 'trak'; its cameras are track, free")
  }

  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

  /// A picture of 240 × 240 made of 48 × 48 stored cells. HPO_STORE_PICTURES=1 stores anew; look at what it stored.
  private func storedPicture(_ name: String) throws -> Picture {
    let file = Self.fixtures.appending(path: "\(name).ppm")
    if ProcessInfo.processInfo.environment["HPO_STORE_PICTURES"] != nil {
      let cells = try picture(of: try task(name)).cells(48)
      let bytes = cells.flatMap { [UInt8($0.x.rounded()), UInt8($0.y.rounded()), UInt8($0.z.rounded())] }
      try (Data("P6 48 48 255\n".utf8) + bytes).write(to: file)
    }
    let data = [UInt8](try Data(contentsOf: file))
    let cells = data.suffix(3 * 48 * 48)
    try #require(data.count == cells.count + 13)
    var picture = Picture(width: 240, height: 240)
    for y in 0..<240 {
      for x in 0..<240 {
        let cell = cells.startIndex + 3 * (y / 5 * 48 + x / 5)
        picture[x, y] = [cells[cell], cells[cell + 1], cells[cell + 2]]
      }
    }
    return picture
  }
}
