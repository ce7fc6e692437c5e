import Foundation
import Testing

/// Who may import what, as the sources have it; that nothing is imported undeclared the build checks itself.
@Suite struct ImportTests {
  /// Modules imported by the Swift files of each folder of `Sources`.
  private func imports() throws -> [String: Set<String>] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let sources = root.appending(path: "Sources")
    var imports: [String: Set<String>] = [:]
    for module in try FileManager.default.contentsOfDirectory(atPath: sources.path) {
      for case let file as URL in FileManager.default.enumerator(at: sources.appending(path: module), includingPropertiesForKeys: nil) ?? .init()
      where file.pathExtension == "swift" {
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
          let words = line.split(separator: " ").filter { !$0.hasPrefix("@") && !["internal", "private", "func", "struct", "enum"].contains($0) }
          if words.count >= 2, words[0] == "import" {
            imports[module, default: []].insert(String(words[1].prefix { $0 != "." }))
          }
        }
      }
    }
    try #require(imports["Agents"]?.contains("LinearAlgebra") == true, "the sources are not where they are looked for")
    return imports
  }

  @Test func `C libraries are imported by their wrappers alone`() throws {
    let wrappers = [
      "CMuJoCo": ["MuJoCo"], "CMuJoCoGuard": ["MuJoCo"], "CHDF5": ["HDF5"], "CBullet": ["Bullet"], "COpenBLAS": ["LinearAlgebra"],
      "CProcessor": ["LinearAlgebra"], "CKernels": ["LinearAlgebra"], "CBuildInfo": ["Records"],
      "CStartUp": ["Support", "Experiments", "HPOCommands"], "CEGL": ["Rendering"], "CGLFW": ["Rendering"],
      "CZlib": ["Filming"],
    ]
    for (module, imported) in try imports() {
      for library in imported { if let allowed = wrappers[library] { #expect(allowed.contains(module), "\(module) imports \(library)") } }
    }
  }

  @Test func `agents and what they learn from know no files, and nothing below the commands knows a simulator or our tasks`() throws {
    let imports = try imports()
    func everything(below module: String) -> Set<String> {
      var found: Set = [module]
      var rest = [module]
      while let next = rest.popLast() {
        for used in imports[next] ?? [] where found.insert(used).inserted { rest.append(used) }
      }
      return found
    }
    #expect(everything(below: "Agents").isDisjoint(with: ["HDF5", "CHDF5", "Gym"]))
    #expect(everything(below: "Experience").isDisjoint(with: ["HDF5", "CHDF5"]))
    #expect(everything(below: "HPOCommands").isDisjoint(with: ["MuJoCo", "Bullet", "Environments"]))
    #expect(everything(below: "HPOCommands").contains("HDF5"))
    #expect(everything(below: "Environments").isDisjoint(with: ["Agents", "NeuralNetworks", "Training", "HDF5"]))
  }
}
