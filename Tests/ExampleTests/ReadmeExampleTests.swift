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
}
