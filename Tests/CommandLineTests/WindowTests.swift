import Foundation
import TestSupport
import Testing

/// `hpo watch` in a screen of memory, Xvfb's, under the hands of xdotool.
/// Serialized: one screen at a time.
@Suite(.serialized) struct WindowTests {
  private static func find(_ program: String) -> Bool { FileManager.default.isExecutableFile(atPath: "/usr/bin/\(program)") }

  private static let canShow = find("Xvfb") && find("xdotool")

  @Test(.enabled(if: canShow, "Xvfb and xdotool are needed: apt-get install xvfb xdotool"))
  func `a window plays, pauses, steps, turns, resizes and closes`() throws {
    let screen = try Screen()
    let program = try Program.start(["watch", "HalfCheetah"], after: "export DISPLAY=:\(screen.display)")
    let window = try screen.window(named: "HalfCheetah-v2", of: program)
    try screen.wait("something is drawn") { try screen.colors() > 200 }
    let beginning = try screen.pixels()
    try screen.wait("the robot moves") { try screen.pixels() != beginning }
    try screen.do("windowfocus", window)

    try screen.do("key", "space")
    try screen.wait("a pause") { try screen.title(window).contains("paused") }
    let step = try screen.step(window)
    try screen.do("key", "Right")
    try screen.do("key", "Right")
    try screen.wait("two steps") { try screen.step(window) == step + 2 }

    let before = try screen.pixels()
    try screen.do("mousemove", "400", "300", "mousedown", "1", "mousemove", "550", "340", "mouseup", "1")
    try screen.wait("another direction") { try screen.pixels() != before }
    let turned = try screen.pixels()
    try screen.do("click", "4")
    try screen.wait("a closer look") { try screen.pixels() != turned }
    #expect(try screen.step(window) == step + 2)

    try screen.do("key", "n")
    try screen.wait("another episode") { try screen.title(window).contains("episode 2, step 0,") }
    // Beyond its new edge there is nothing.
    try screen.do("windowsize", window, "500", "400")
    try screen.wait("a smaller window") { try screen.brightness(x: 700..<900, y: 100..<600) == 0 }
    try screen.wait("a picture in it") { try screen.brightness(x: 300..<500, y: 20..<380) > 20 }

    try screen.do("key", "q")
    let outcome = program.outcome()
    #expect(outcome.exitCode == 0 && outcome.error == "")
  }

  @Test(.enabled(if: canShow, "Xvfb and xdotool are needed: apt-get install xvfb xdotool"))
  func `a run that goes on training is followed`() throws {
    let folder = try TemporaryFolder()
    func train(to step: Int) throws {
      let options = ["--steps", "\(step)", "--evaluation-interval", "20", "--evaluation-episodes", "1", "--out", "\(folder.path)/runs"]
      try #require(try Program.run(["train", "Hopper"] + options).exitCode == 0)
    }
    try train(to: 20)
    let screen = try Screen()
    let program = try Program.start(
      ["watch", "\(folder.path)/runs/Hopper-v2/sac-hpo/seed-0"], after: "export DISPLAY=:\(screen.display)")
    let window = try screen.window(named: "Hopper-v2", of: program)
    try screen.do("windowfocus", window)
    try screen.do("key", "space")
    try screen.wait("a pause") { try screen.title(window).contains("(sac-hpo, step 20), episode") }
    // The window is in the run's way as little as the run is in the window's.
    try train(to: 40)
    try screen.wait("newer networks in a next episode") {
      try screen.do("key", "n")
      return try screen.title(window).contains("(sac-hpo, step 40), episode")
    }
    try screen.do("key", "q")
    #expect(program.outcome().exitCode == 0)
  }

  @Test func `without a display there is one line that names the other way`() throws {
    let nowhere = ["DISPLAY": "", "WAYLAND_DISPLAY": "", "XDG_RUNTIME_DIR": ""]
    let outcome = try Program.run(["watch", "HalfCheetah"], variables: nowhere)
    #expect(outcome.exitCode == 1)
    // The middle is GLFW's own.
    let lines = outcome.error.split(separator: "\n")
    #expect(lines.count == 1)
    #expect(outcome.error.hasPrefix("hpo: no window can be opened ("))
    #expect(outcome.error.hasSuffix("); where there is no display 'hpo video' makes a film instead\n"))
  }
}

/// A display in memory, for one test.
private final class Screen {
  let display: Int
  private let server = Process()
  private let folder: TemporaryFolder

  struct NeverHappened: Error {
    var what: String
  }

  init() throws {
    folder = try TemporaryFolder()
    server.executableURL = URL(fileURLWithPath: "/usr/bin/Xvfb")
    // It finds a free number by itself and says which on standard output; the screen's memory is a file.
    server.arguments = ["-displayfd", "1", "-screen", "0", "1024x768x24", "-fbdir", folder.path, "-nolisten", "tcp"]
    let said = Pipe()
    server.standardOutput = said
    server.standardError = FileHandle.nullDevice
    try server.run()
    var line = ""
    while !line.hasSuffix("\n") {
      let more = said.fileHandleForReading.availableData
      if more.isEmpty { break }
      line += String(decoding: more, as: UTF8.self)
    }
    display = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)), "Xvfb did not start")
  }

  deinit {
    // A thread of the tests' passes on that it hears no SIGTERM. What the server would have removed itself is removed here.
    kill(server.processIdentifier, SIGKILL)
    server.waitUntilExit()
    for file in ["/tmp/.X\(display)-lock", "/tmp/.X11-unix/X\(display)"] { unlink(file) }
  }

  @discardableResult
  func `do`(_ arguments: String...) throws -> String {
    let text = try Tool.run(["xdotool"] + arguments, variables: ["DISPLAY": ":\(display)"], showsErrors: false).output
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Looks again and again; the deadline is only for what never comes.
  func wait(_ what: String, _ condition: () throws -> Bool) throws {
    let deadline = ContinuousClock.now + .seconds(120)
    while try !condition() {
      if ContinuousClock.now > deadline { throw NeverHappened(what: what) }
      usleep(20_000)
    }
  }

  func window(named name: String, of program: Program.Running) throws -> String {
    var found = ""
    try wait("a window") {
      if !program.process.isRunning { throw NeverHappened(what: "a window: \(program.outcome())") }
      found = try self.do("search", "--onlyvisible", "--name", name).split(separator: "\n").last.map(String.init) ?? ""
      return !found.isEmpty
    }
    return found
  }

  func title(_ window: String) throws -> String { try self.do("getwindowname", window) }

  /// As a paused window's title tells it.
  func step(_ window: String) throws -> Int {
    let title = try title(window)
    let number = title.components(separatedBy: "step ").last?.prefix { $0.isNumber } ?? ""
    return try #require(Int(number), "the title is '\(title)'")
  }

  /// Blue, green, red and a spare byte for each of 1024 × 768: a file in the format of xwd, whose header tells its own length
  /// and the number of colors that follow it, big-endian.
  func pixels() throws -> Data {
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/Xvfb_screen0"))
    func number(_ index: Int) -> Int { data[4 * index..<4 * index + 4].reduce(0) { $0 << 8 | Int($1) } }
    let start = number(0) + 12 * number(19)
    return data[start..<start + 4 * 1024 * 768]
  }

  /// How many there are.
  func colors() throws -> Int {
    try pixels().withUnsafeBytes { bytes in Set((0..<1024 * 768).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self) }).count }
  }

  /// Mean over a part of the screen, 0…255.
  func brightness(x: Range<Int>, y: Range<Int>) throws -> Int {
    let pixels = try pixels()
    var sum = 0
    for row in y {
      for column in x { sum += Int(pixels[pixels.startIndex + 4 * (1024 * row + column) + 1]) }
    }
    return sum / (x.count * y.count)
  }
}
