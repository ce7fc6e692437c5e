import Foundation
import TestSupport
import Testing

@Suite struct OwnEnvironmentTests {
  @Test func `README's example of an own environment trains, and README shows it as it is compiled`() throws {
    let folder = try TemporaryFolder()
    #expect(try trainOnSpring(in: folder.path, steps: 1100)?.isFinite == true)
    let here = URL(fileURLWithPath: #filePath)
    let example = try String(contentsOf: here.deletingLastPathComponent().appending(path: "OwnEnvironment.swift"), encoding: .utf8)
    let root = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
    #expect(readme.contains("```swift\n\(example)```"))
  }
}
