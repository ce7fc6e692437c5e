import Foundation
import TestSupport
import Testing

/// The commands of the pages, run: each page's from first to last, in a folder that looks like a checkout.
///
/// They are run as they are written, but for the number of steps: runs are cut to ``mostSteps``. `make test-docs` sets
/// `HPO_DOCUMENTATION=all`, which cuts later and runs what needs Python packages too.
@Suite struct CommandTests {
  private static let runsAll = ProcessInfo.processInfo.environment["HPO_DOCUMENTATION"] == "all"
  private static let mostSteps = runsAll ? 20_000 : 60
  /// So that there is something to learn from in sixty steps.
  private static let more = runsAll ? "" : "--set update_after=40 --set warmup_steps=20 --evaluation-episodes 1"
  /// Beside the tests, wherever they were built.
  private static let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "hpo").path

  /// Whether a block is run here.
  private static func isRun(_ block: Page.Block) -> Bool {
    guard block.mark("not run") == nil, block.mark("fresh clone") == nil else { return false }
    guard runsAll || (block.mark("long") == nil && block.language != "python") else { return false }
    return block.language == "sh" || block.language == "python"
  }

  static let pages = Page.all.filter { page in page.blocks.contains { isRun($0) } }

  @Test(arguments: pages) func `the commands of a page do what they should`(_ page: Page) throws {
    let folder = try TemporaryFolder()
    try makeCheckout(in: folder.path)
    var script = "set -euo pipefail\n"
    for block in page.blocks {
      let text = block.lines.joined(separator: "\n")
      if let file = block.mark("file") {
        try (text + "\n").write(toFile: "\(folder.path)/\(file)", atomically: false, encoding: .utf8)
      }
      guard Self.isRun(block) else { continue }
      if let first = block.mark("first") { script += first + "\n" }
      script += "echo '\(page.path), line \(block.firstLine)'\n"
      if block.language == "python" {
        script += "\"$(Experiments/python/environment.sh)\" - <<'END OF BLOCK'\n\(text)\nEND OF BLOCK\n"
      } else {
        script += text + "\n"
      }
    }
    let (status, output) = try run(script, in: folder.path)
    #expect(status == 0, "\(page.path) ended with \(status):\n\(output.suffix(2000))")
  }

  @Test func `a command that fails is a failure of its page`() throws {
    let folder = try TemporaryFolder()
    try makeCheckout(in: folder.path)
    let (status, output) = try run("set -euo pipefail\nhpo train Hoper\nhpo env list\n", in: folder.path)
    #expect(status == 2)
    #expect(output.contains("did you mean 'Hopper'?") && !output.contains("HalfCheetah-v2"))
  }

  /// What a user's folder has: the repository's files, `hpo` on the path, and a `make` for which everything is built.
  private func makeCheckout(in folder: String) throws {
    let files = FileManager.default
    for name in ["Assets", "Documentation", "Experiments", "Makefile", "Package.swift", "README.md", "Sources", "Tests", "Vendor"] {
      try files.createSymbolicLink(atPath: "\(folder)/\(name)", withDestinationPath: Page.root.appending(path: name).path)
    }
    try files.createDirectory(atPath: "\(folder)/.bin", withIntermediateDirectories: false)
    try write(
      """
      #!/bin/bash
      case "${1:-}" in train | sweep) ;; *) exec '\(Self.program)' "$@" ;; esac
      arguments=() steps=\(Self.mostSteps)
      while [ $# -gt 0 ]; do
        if [ "$1" = --steps ]; then
          shift
          [ "$1" -lt "$steps" ] && steps=$1
        else
          arguments+=("$1")
        fi
        shift
      done
      exec '\(Self.program)' "${arguments[@]}" --steps "$steps" \(Self.more)

      """, to: "\(folder)/.bin/hpo")
    try write("#!/bin/bash\nexec /usr/bin/make -o build -o setup -o setup-bullet HPO=hpo \"$@\"\n", to: "\(folder)/.bin/make")
  }

  private func write(_ text: String, to path: String) throws {
    try text.write(toFile: path, atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
  }

  private func run(_ script: String, in folder: String) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", script]
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    var variables = ProcessInfo.processInfo.environment
    variables["PATH"] = "\(folder)/.bin:" + (variables["PATH"] ?? "/usr/bin:/bin")
    process.environment = variables
    // A file, as a pipe's buffer may fill.
    let path = "\(folder)/.output"
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    let output = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self))
  }
}
