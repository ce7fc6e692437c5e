import Foundation
import Gym

/// An `ffmpeg` process that takes raw pictures from a pipe. As a program of its own it can be missing, and no library of codecs comes
/// into this one.
final class FFmpegEncoder: FilmEncoder {
  private let process = Process()
  private let pictures = Pipe()
  /// What it complains of: a file, as nobody reads along.
  private let complaints: FileHandle
  /// The film's own path, for messages.
  private let film: String

  /// The first on a path such as PATH.
  static func find(in searchPath: String) -> String? {
    searchPath.split(separator: ":", omittingEmptySubsequences: false).lazy
      .map { ($0.isEmpty ? "." : String($0)) + "/ffmpeg" }
      .first { access($0, X_OK) == 0 }
  }

  init(program: String, path: String, film: String, width: Int, height: Int, framePeriod: Double) throws {
    // A pipe whose reader is gone shall be an error, not the end of this process.
    signal(SIGPIPE, SIG_IGN)
    self.film = film
    complaints = try Self.temporaryFile(film: film)
    process.executableURL = URL(fileURLWithPath: program)
    // Microseconds keep every task's rate exact; quality and speed as measured in Documentation/seeing-a-policy.md.
    let rate = "1000000/\(Int((framePeriod * 1e6).rounded()))"
    // Without -xerror it ends with 0 when the disk fills up at the film's end.
    process.arguments =
      ["-y", "-hide_banner", "-loglevel", "error", "-xerror", "-f", "rawvideo", "-pixel_format", "rgb24"]
      + ["-video_size", "\(width)x\(height)", "-framerate", rate, "-i", "pipe:0", "-an"]
      + ["-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p", "-movflags", "+faststart"]
      + ["-f", "mp4", "file:\(path)"]
    process.standardInput = pictures
    process.standardOutput = FileHandle.nullDevice
    process.standardError = complaints
    // Foundation's own thread waits for the process; refused one, it would wait for that thread for ever.
    let refusal = Self.threadRefusal()
    guard refusal == 0 else {
      throw RenderingError.encoderFailed(path: film, reason: "no thread was to be had for it: \(String(cString: strerror(refusal)))")
    }
    do {
      try process.run()
    } catch {
      throw RenderingError.encoderFailed(path: film, reason: "'\(program)' could not be started: \(error.localizedDescription)")
    }
  }

  func append(_ picture: Picture) throws {
    do {
      try picture.bytes.withUnsafeBytes { bytes in
        try pictures.fileHandleForWriting.write(
          contentsOf: Data(bytesNoCopy: UnsafeMutableRawPointer(mutating: bytes.baseAddress!), count: bytes.count, deallocator: .none))
      }
    } catch {
      // It has stopped reading: its own message says why.
      try finish()
      throw failure("it stopped reading the pictures")
    }
  }

  func finish() throws {
    try? pictures.fileHandleForWriting.close()
    process.waitUntilExit()
    guard process.terminationReason == .exit else { throw failure("signal \(process.terminationStatus) ended it") }
    guard process.terminationStatus == 0 else { throw failure("it ended with exit code \(process.terminationStatus)") }
  }

  func abandon() {
    guard process.isRunning else { return }
    // Not SIGTERM: threads of Dispatch pass on that they do not hear it.
    kill(process.processIdentifier, SIGKILL)
    try? pictures.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  private func failure(_ ending: String) -> RenderingError {
    try? complaints.seek(toOffset: 0)
    let text = String(decoding: (try? complaints.readToEnd()) ?? Data(), as: UTF8.self)
    let said = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    return .encoderFailed(path: film, reason: said.isEmpty ? ending : said.suffix(4).joined(separator: "; "))
  }

  /// What the system says to one more thread; 0 when it gives it.
  private static func threadRefusal() -> Int32 {
    var thread = pthread_t()
    let code = pthread_create(&thread, nil, { _ in nil }, nil)
    if code == 0 { pthread_join(thread, nil) }
    return code
  }

  /// Without a name, gone when it is closed.
  private static func temporaryFile(film: String) throws -> FileHandle {
    var template = Array((NSTemporaryDirectory() + "/hpo-ffmpeg-XXXXXX").utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else {
      throw RenderingError.fileNotWritten(path: film, reason: "no temporary file: \(String(cString: strerror(errno)))")
    }
    unlink(template)
    return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }
}
