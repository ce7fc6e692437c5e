import Foundation
import TestSupport
import Testing

/// Servers train without graphics libraries, or with broken ones: nothing but a picture or a window may load one.
@Suite struct GraphicsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let graphics = ["libEGL", "libGL", "libglfw", "libX11", "libwayland", "libOSMesa"]

  /// The graphics libraries that a command loads, as the loader itself tells it.
  private func graphicsLoaded(by arguments: [String]) throws -> [String] {
    let log = "\(folder.path)/loaded-\(UUID().uuidString)"
    let outcome = try Program.run(
      arguments, in: folder.path, variables: ["LD_DEBUG": "files", "LD_DEBUG_OUTPUT": log, "DISPLAY": ""])
    try #require(outcome.exitCode == 0, "\(outcome.error)")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { log.hasSuffix("/" + $0.prefix { $0 != "." }) }
    let text = try names.map { try String(contentsOfFile: "\(folder.path)/\($0)", encoding: .utf8) }.joined()
    try #require(text.contains("libmujoco"), "the loader told nothing")
    return Self.graphics.filter { text.contains($0) }
  }

  @Test func `training and evaluating load no graphics library, and a film does`() throws {
    let train = ["train", "Hopper", "--steps", "20", "--evaluation-interval", "20", "--evaluation-episodes", "1", "--out", "runs"]
    #expect(try graphicsLoaded(by: train) == [])
    #expect(try graphicsLoaded(by: ["evaluate", "runs/Hopper-v2/sac-hpo/seed-0", "--episodes", "1"]) == [])
    let film = ["video", "Hopper", "--output", "film.png", "--size", "64x64"]
    guard try Program.run(film, in: folder.path).exitCode == 0 else { return }  // nothing here that draws
    #expect(try graphicsLoaded(by: film).contains("libEGL"))
  }

  @Test func `a film is refused in one line when it cannot be made as asked`() throws {
    func expectRefusal(_ arguments: [String], _ message: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
      let outcome = try Program.run(arguments, in: folder.path, variables: ["DISPLAY": ""])
      #expect(outcome.error == "hpo: \(message)\n", sourceLocation: sourceLocation)
      #expect(outcome.exitCode == 2, sourceLocation: sourceLocation)
    }
    try expectRefusal(
      ["video", "Hopper", "--output", "film.png", "--size", "481x480"],
      "a film's width and height are even numbers of pixels from 16 to 4096, not 481x480")
    try expectRefusal(
      ["video", "Hopper", "--output", "film.avi"], "'film.avi' names no kind of film; end it in .mp4, or in .png for an animated PNG")
    try expectRefusal(["video", "Hoper", "--output", "film.png"], "unknown environment 'Hoper'; did you mean 'Hopper'?")
    try expectRefusal(
      ["video", "Hopper", "--output", "film.png", "--best", "--snapshots"], "--snapshots means all of them; --best and --snapshot name one")
  }

  @Test(arguments: ["film.png", "film.mp4"]) func `a full disk is one line, and the film that was there stays`(_ film: String) throws {
    let hasEncoder = ["/usr/bin/ffmpeg", "/usr/local/bin/ffmpeg"].contains(where: FileManager.default.isExecutableFile)
    guard film.hasSuffix("png") || hasEncoder else { return }
    let arguments = ["video", "Hopper", "--output", film, "--size", "240x240"]
    guard try Program.run(arguments, in: folder.path).exitCode == 0 else { return }  // nothing here that draws
    let before = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\(film)"))
    // From the second change on: for ffmpeg, which inherits it and writes seldom, the end of the film.
    let fault = ["LD_PRELOAD": Program.faultLibrary, "FAULT": "full", "FAULT_AT": "2", "FAULT_BELOW": folder.path]
    let outcome = try Program.run(arguments, in: folder.path, variables: fault)
    #expect(outcome.exitCode == 1)
    #expect(outcome.error.split(separator: "\n").count == 1)
    #expect(outcome.error.contains("'\(film)'") && outcome.error.contains("No space left on device"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\(film)")) == before)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [film])
  }

  @Test func `a snapshot that is not there is refused with those that are`() throws {
    let train = ["train", "Hopper", "--steps", "20", "--evaluation-interval", "20", "--evaluation-episodes", "1", "--out", "runs"]
    try #require(try Program.run(train, in: folder.path).exitCode == 0)
    let run = "runs/Hopper-v2/sac-hpo/seed-0"
    func message(_ arguments: [String]) throws -> String { try Program.run(arguments, in: folder.path).error }
    #expect(
      try message(["video", run, "--output", "film.png", "--snapshots"])
        == "hpo: the run in '\(run)' kept no snapshots; the setting snapshot_interval, say 10000, makes a run keep them\n")
    let snapshots = "\(folder.path)/\(run)/snapshots"
    try FileManager.default.createDirectory(atPath: snapshots, withIntermediateDirectories: true)
    for step in [10, 20] {
      try FileManager.default.copyItem(atPath: "\(folder.path)/\(run)/best.h5", toPath: "\(snapshots)/step-\(step).h5")
    }
    #expect(
      try message(["actions", run, "--snapshot", "15", "--output", "actions.h5"])
        == "hpo: there is no snapshot of step 15 in '\(run)'; there are 10, 20\n")
    let outcome = try Program.run(["actions", run, "--snapshot", "20", "--output", "actions.h5"], in: folder.path)
    #expect(outcome.exitCode == 0 && outcome.error == "")
    // A folder with nothing but best.h5 will do.
    try FileManager.default.createDirectory(atPath: "\(folder.path)/trained", withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: "\(folder.path)/\(run)/best.h5", toPath: "\(folder.path)/trained/best.h5")
    #expect(try Program.run(["actions", "trained", "--output", "b.h5"], in: folder.path).exitCode == 0)
  }
}
