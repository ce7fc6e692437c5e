import Foundation
import Gym
import HDF5
import Support

/// Writes pictures as a film, whose name says of which kind: `.mp4` by ffmpeg, `.png` as an animated PNG by ourselves.
public struct Film {
  /// Where it will be; the file there is replaced when the film is complete.
  public let path: String
  /// Pixels.
  public let width: Int
  /// Pixels.
  public let height: Int
  private let format: Format

  private enum Format { case mp4(ffmpeg: String), animatedPNG }

  /// Checks what can be checked before the first picture.
  /// - Parameters:
  ///   - width, height: even numbers.
  /// - Throws: ``RenderingError/unknownFormat(path:)``, ``RenderingError/oddSize(width:height:)``,
  ///   ``RenderingError/encoderMissing(path:)``, ``RenderingError/fileNotWritten(path:reason:)``.
  public init(path: String, width: Int, height: Int) throws(RenderingError) {
    try self.init(
      path: path, width: width, height: height, searchPath: ProcessInfo.processInfo.environment["PATH"] ?? "")
  }

  /// - Parameter searchPath: where ffmpeg is looked for.
  package init(path: String, width: Int, height: Int, searchPath: String) throws(RenderingError) {
    let isSensible = 16...4096 ~= width && 16...4096 ~= height
    guard isSensible, width % 2 == 0, height % 2 == 0 else { throw .oddSize(width: width, height: height) }
    switch (path as NSString).pathExtension.lowercased() {
    case "mp4":
      guard let program = FFmpegEncoder.find(in: searchPath) else { throw .encoderMissing(path: path) }
      format = .mp4(ffmpeg: program)
    case "png": format = .animatedPNG
    default: throw .unknownFormat(path: path)
    }
    let folder = (path as NSString).deletingLastPathComponent
    if access(folder.isEmpty ? "." : folder, W_OK) != 0 {
      throw .fileNotWritten(path: path, reason: String(cString: strerror(errno)))
    }
    self.path = path
    self.width = width
    self.height = height
  }

  /// Makes the film. If anything fails on the way, a file that was there before stays.
  /// - Parameters:
  ///   - framePeriod: seconds from one picture to the next.
  ///   - shoot: calls what it is given with one picture after the other.
  /// - Throws: ``RenderingError``, and what `shoot` throws.
  public func write(framePeriod: Double, shoot: (_ append: (Picture) throws -> Void) throws -> Void) throws {
    do {
      try AtomicFile.replace(at: path) { temporaryPath in
        let encoder: any FilmEncoder =
          switch format {
          case .mp4(let ffmpeg):
            try FFmpegEncoder(
              program: ffmpeg, path: temporaryPath, film: path, width: width, height: height, framePeriod: framePeriod)
          case .animatedPNG:
            try AnimatedPNG(path: temporaryPath, film: path, width: width, height: height, framePeriod: framePeriod)
          }
        do {
          try shoot { picture in
            demand(
              picture.width == width && picture.height == height,
              "a film of \(width)x\(height) takes no picture of \(picture.width)x\(picture.height)")
            try encoder.append(picture)
          }
          try encoder.finish()
        } catch {
          encoder.abandon()
          throw error
        }
      }
    } catch HDF5Error.fileSystem(_, _, let reason) {
      throw RenderingError.fileNotWritten(path: path, reason: reason)
    }
  }
}

/// Turns pictures into a file.
protocol FilmEncoder: AnyObject {
  func append(_ picture: Picture) throws
  /// Completes the file.
  func finish() throws
  /// Ends what is going on; the file is worth nothing.
  func abandon()
}

extension Performance {
  /// Plays episodes for a film: one picture per step, the first state's included.
  /// - Parameters:
  ///   - steps: an episode is left after so many; `nil`: it is played to its end.
  ///   - every: only each so many-th step is pictured, and the last; the film runs as fast as it would otherwise.
  ///   - caption: for each episode, where the renderer can write.
  ///   - interrupted: asked before each picture; an error from it ends the film.
  /// - Returns: pictures taken.
  @discardableResult
  public func record(
    _ episodes: Int, steps: Int? = nil, with renderer: any Renderer, every: Int = 1, width: Int, height: Int, caption: String? = nil,
    interrupted: () throws -> Void = {}, append: (Picture) throws -> Void
  ) throws -> Int {
    var picture = Picture(width: width, height: height)
    var count = 0
    func shoot() throws {
      try interrupted()
      try renderer.draw(into: &picture, caption: caption)
      try append(picture)
      count += 1
    }
    for _ in 0..<episodes {
      try beginEpisode()
      try shoot()
      while ending == nil && step != steps {
        try advance()
        if step % every == 0 || ending != nil || step == steps { try shoot() }
      }
    }
    return count
  }
}
