import Foundation
import TestSupport
import Testing

@Suite struct ReadmeExampleTests {
  @Test func `README's example of an own environment trains`() throws {
    let folder = try TemporaryFolder()
    #expect(try trainOnSpring(in: folder.path, steps: 1100)?.isFinite == true)
  }

  @Test func `README's example of an own policy trains`() throws {
    let folder = try TemporaryFolder()
    #expect(try trainOnWhatBrakeDoes(in: folder.path, steps: 1100)?.isFinite == true)
  }

  @Test(arguments: ["OwnEnvironment.swift", "OwnPolicy.swift"])
  func `README shows its examples as they are compiled`(_ file: String) throws {
    let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let example = try String(contentsOf: here.appending(path: file), encoding: .utf8)
    let root = here.deletingLastPathComponent().deletingLastPathComponent()
    let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
    #expect(readme.contains("```swift\n\(example)```"))
  }

  @Test func `the page on seeing a policy shows its example as it is compiled, and the example makes a film`() throws {
    let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let example = try String(contentsOf: here.appending(path: "OwnDrawing.swift"), encoding: .utf8)
    let root = here.deletingLastPathComponent().deletingLastPathComponent()
    let page = try String(contentsOf: root.appending(path: "Documentation/SeeingAPolicy.md"), encoding: .utf8)
    #expect(page.contains("```swift\n\(example)```"))
    let folder = try TemporaryFolder()
    try filmSpring(to: "\(folder.path)/spring.png")
    let size = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/spring.png")[.size] as? Int
    #expect(size ?? 0 > 20_000)
  }
}
