import Foundation
import TestSupport
import Testing

@Suite struct ExampleTests {
  @Test func `the pages' example of an own environment trains`() throws {
    let folder = try TemporaryFolder()
    #expect(try trainOnSpring(in: folder.path, steps: 1100)?.isFinite == true)
  }

  @Test func `the pages' example of an own policy trains`() throws {
    let folder = try TemporaryFolder()
    #expect(try trainOnWhatBrakeDoes(in: folder.path, steps: 1100)?.isFinite == true)
  }

  @Test func `the pages' example of an own algorithm stands for its settings`() {
    let settings = settingsOfPatientSAC()
    #expect(settings.label == "sac-patient" && settings.tau == 0.001 && settings.policyHiddenLayers == 2)
  }

  @Test(arguments: [("OwnEnvironment.swift", "OwnEnvironment.md"), ("OwnPolicy.swift", "OwnAgent.md")])
  func `pages show their examples as they are compiled`(_ file: String, _ name: String) throws {
    let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let example = try String(contentsOf: here.appending(path: file), encoding: .utf8)
    let root = here.deletingLastPathComponent().deletingLastPathComponent()
    let page = try String(contentsOf: root.appending(path: "Documentation/\(name)"), encoding: .utf8)
    #expect(page.contains("```swift\n\(example)```"))
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
