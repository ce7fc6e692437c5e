import Foundation
import TestSupport
import Testing

/// `Packaging/install.sh` and `uninstall.sh` with the program that the tests run; `make test-install` has the checkout out of sight.
@Suite struct InstallTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// With nothing in its environment but PATH.
  private func run(_ command: [String], in folder: String) throws -> Program.Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
    process.environment = ["PATH": "/usr/bin:/bin"]
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Program.Outcome(exitCode: process.terminationStatus, output: text, error: "")
  }

  @Test func `an installation is moved, finds its own models, and leaves nothing behind but what is not its own`() throws {
    let folder = try TemporaryFolder()
    let program = URL(fileURLWithPath: Program.faultLibrary).deletingLastPathComponent().appending(path: "hpo").path
    let installed = try run(["\(Self.root)/Packaging/install.sh", program, "first place"], in: folder.path)
    try #require(installed.exitCode == 0, "\(installed.output)")
    try FileManager.default.moveItem(atPath: "\(folder.path)/first place", toPath: "\(folder.path)/second place")
    let prefix = "\(folder.path)/second place"
    for file in ["lib/hpo/plugin/libsensor.so", "lib/hpo/libopenblas.so.0", "share/fish/vendor_completions.d/hpo.fish", "share/doc/hpo/LICENSE"] {
      #expect(FileManager.default.fileExists(atPath: "\(prefix)/\(file)"), "\(file) is missing")
    }
    let hpo = "\(prefix)/bin/hpo"
    #expect(try run([hpo, "env", "show", "Hopper"], in: "/").exitCode == 0)
    // By a link as by its name.
    try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/linked", withDestinationPath: hpo)
    try FileManager.default.removeItem(atPath: "\(prefix)/share/hpo/models/mujoco/hopper.xml")
    let lost = try run(["\(folder.path)/linked", "env", "show", "Hopper"], in: "/")
    #expect(lost.exitCode == 2 && lost.output.contains("second place/share/hpo/models/mujoco'"), "\(lost.output)")

    try "mine".write(toFile: "\(prefix)/share/mine", atomically: true, encoding: .utf8)
    #expect(try run(["\(Self.root)/Packaging/uninstall.sh", prefix], in: "/").exitCode == 0)
    #expect(try FileManager.default.subpathsOfDirectory(atPath: prefix).sorted() == ["share", "share/mine"])
    let again = try run(["\(Self.root)/Packaging/uninstall.sh", prefix], in: "/")
    #expect(again.exitCode == 2 && again.output.hasPrefix("uninstall: nothing of hpo's is installed in"))
  }
}
