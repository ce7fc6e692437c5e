import Filming
import Foundation
import Gym
import Random
import Rendering
import TestSupport
import Testing

@Suite struct FilmTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = "\(folder.path)/film.mp4"
  }

  /// Films black pictures.
  /// - Parameter script: what `ffmpeg` is, for the shell; `nil`: missing.
  private func shoot(_ count: Int, encoder script: String?) throws {
    let programs = "\(folder.path)/programs"
    try FileManager.default.createDirectory(atPath: programs, withIntermediateDirectories: true)
    if let script {
      let file = "\(programs)/ffmpeg"
      try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(fileURLWithPath: file))
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
    }
    try Film(path: path, width: 480, height: 480, searchPath: programs).write(framePeriod: 0.02) { append in
      for _ in 0..<count { try append(Picture(width: 480, height: 480)) }
    }
  }

  private func expectRefusal(_ message: String, _ work: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation) {
    var found: String?
    do { try work() } catch { found = "\(error)" }
    #expect(found == message.replacingOccurrences(of: "FILM", with: path), sourceLocation: sourceLocation)
    #expect(!FileManager.default.fileExists(atPath: path), sourceLocation: sourceLocation)
    #expect(!FileManager.default.fileExists(atPath: path + ".tmp"), sourceLocation: sourceLocation)
  }

  @Test func `a film without ffmpeg names the package and the way without it`() {
    expectRefusal(
      """
      'FILM' needs the program ffmpeg, which is not installed; install it (apt-get install ffmpeg), or end the name in .png \
      for an animated PNG, which needs nothing
      """
    ) { try shoot(1, encoder: nil) }
  }

  @Test func `when ffmpeg fails its own message is told`() {
    let script = "cat > /dev/null; echo \"Unknown encoder 'libx264'\" >&2; exit 1"
    expectRefusal("ffmpeg could not make 'FILM': Unknown encoder 'libx264'") { try shoot(3, encoder: script) }
  }

  // Far more than a pipe holds: the writer meets the closed end.
  @Test func `an ffmpeg that stops reading ends the film, not the program`() {
    let script = "echo 'av_interleaved_write_frame(): No space left on device' >&2; exit 1"
    expectRefusal("ffmpeg could not make 'FILM': av_interleaved_write_frame(): No space left on device") { try shoot(20, encoder: script) }
  }

  @Test func `an ffmpeg that is killed is told of`() {
    let script = "kill -9 $$"
    expectRefusal("ffmpeg could not make 'FILM': signal 9 ended it") { try shoot(20, encoder: script) }
  }

  @Test func `a film has even sizes, a known kind and a place to be`() {
    expectRefusal("a film's width and height are even numbers of pixels from 16 to 4096, not 481x480") {
      _ = try Film(path: "\(folder.path)/a.png", width: 481, height: 480)
    }
    expectRefusal("'film.gif' names no kind of film; end it in .mp4, or in .png for an animated PNG") {
      _ = try Film(path: "film.gif", width: 480, height: 480)
    }
    expectRefusal("'/nowhere/film.png' could not be written: No such file or directory") {
      _ = try Film(path: "/nowhere/film.png", width: 480, height: 480)
    }
  }

  private static let ffmpegIsThere = ["/usr/bin/ffmpeg", "/usr/local/bin/ffmpeg"].contains(where: FileManager.default.isExecutableFile)

  @Test(.enabled(if: ffmpegIsThere, "ffmpeg is needed: apt-get install ffmpeg"))
  func `ffmpeg makes a film of the pictures given`() throws {
    try Film(path: path, width: 64, height: 48).write(framePeriod: 0.0165) { append in
      for index in 0..<40 {
        var picture = Picture(width: 64, height: 48)
        picture.fill(index < 20 ? [200, 30, 30] : [30, 30, 200])
        try append(picture)
      }
    }
    // Decoded again: as many pictures, and of these colors as far as a lossy film keeps them.
    let decoder = Process()
    decoder.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    decoder.arguments = ["ffmpeg", "-loglevel", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    let output = Pipe()
    decoder.standardOutput = output
    try decoder.run()
    let bytes = [UInt8](output.fileHandleForReading.readDataToEndOfFile())
    decoder.waitUntilExit()
    let size = 3 * 64 * 48
    try #require(bytes.count == 40 * size)
    func color(_ picture: Int) -> [Int] { bytes[picture * size..<picture * size + 3].map(Int.init) }
    for (found, expected) in zip(color(5) + color(35), [200, 30, 30, 30, 30, 200]) { #expect(abs(found - expected) < 12) }
  }

  @Test func `a film has a picture of the first state and one of each step, and things move in it`() throws {
    let environment = DrawnSpring()
    let performance = Performance(
      of: .random(in: environment, seed: 1), in: environment, startsFrom: SeededGenerator(seed: 1))
    let renderer = try makeRenderer(of: environment, width: 96, height: 96)
    var pictures: [Picture] = []
    let count = try performance.record(2, with: renderer, width: 96, height: 96) { pictures.append($0) }
    #expect(count == 42 && pictures.count == 42)
    for (before, after) in zip(pictures[0..<21], pictures[1..<21]) { #expect(before != after) }
    // Every seventh, and each episode's last.
    let some = try performance.record(1, with: renderer, every: 7, width: 96, height: 96) { _ in }
    #expect(some == 4)
    // Left after ten steps: the first state, the seventh, and where it was left.
    #expect(try performance.record(2, steps: 10, with: renderer, every: 7, width: 96, height: 96) { _ in } == 6)
    #expect(performance.step == 10 && performance.ending == nil)
  }

  @Test func `who cannot be drawn is told how`() {
    expectRefusal("Invisible-v0 cannot be drawn; a task of one's own draws itself by Gym's protocol DrawableEnvironment") {
      _ = try makeRenderer(of: Invisible(), width: 64, height: 64)
    }
  }
}
