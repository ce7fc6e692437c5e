/// What can go wrong on the way to a picture, a film or a window, in one line each: what, where, what next.
public enum RenderingError: Error, Equatable, CustomStringConvertible {
  /// A library that draws is not installed; `packages` are Debian's.
  case libraryMissing(reason: String, packages: String)
  /// EGL is there, but nothing behind it draws; `reason` is the last thing that was tried.
  case noRenderer(reason: String)
  /// A context that another thread, or another library's context in this thread, is using.
  case contextBusy
  /// No window can be opened; `reason` is GLFW's.
  case noWindow(reason: String)
  /// MuJoCo could not draw; `reason` is its own message.
  case drawingFailed(reason: String)
  /// The environment neither has a pose in a MuJoCo model nor draws itself.
  case notDrawable(environment: String)
  /// A camera that is not there.
  case unknownCamera(String, environment: String, known: [String])
  /// Video frames have colors at half of their resolution.
  case oddSize(width: Int, height: Int)
  /// A file name that no encoder is for.
  case unknownFormat(path: String)
  /// There is no `ffmpeg` on PATH.
  case encoderMissing(path: String)
  /// `ffmpeg` ended before the film did; `reason` is its own message.
  case encoderFailed(path: String, reason: String)
  /// The film could not be written; `reason` is the operating system's.
  case fileNotWritten(path: String, reason: String)

  /// One line: what, where, what next.
  public var description: String {
    switch self {
    case .libraryMissing(let reason, let packages):
      "drawing needs a library that could not be loaded (\(reason)); install it: apt-get install \(packages)"
    case .noRenderer(let reason):
      "nothing on this machine draws without a display (\(reason)); Mesa does: apt-get install libegl1 libgl1-mesa-dri"
    case .contextBusy:
      "another OpenGL context is in use in this thread, or this one in another thread; draw in one thread at a time"
    case .noWindow(let reason):
      "no window can be opened (\(reason)); where there is no display 'hpo video' makes a film instead"
    case .drawingFailed(let reason):
      "the picture could not be drawn: \(reason)"
    case .notDrawable(let environment):
      "\(environment) cannot be drawn; a task of one's own draws itself by Gym's protocol DrawableEnvironment"
    case .unknownCamera(let name, let environment, let known):
      "\(environment) has no camera '\(name)'; its cameras are \(known.joined(separator: ", "))"
    case .oddSize(let width, let height):
      "a film's width and height are even numbers of pixels from 16 to 4096, not \(width)x\(height)"
    case .unknownFormat(let path):
      "'\(path)' names no kind of film; end it in .mp4, or in .png for an animated PNG"
    case .encoderMissing(let path):
      "'\(path)' needs the program ffmpeg, which is not installed; install it (apt-get install ffmpeg), or end the name in .png for an "
        + "animated PNG, which needs nothing"
    case .encoderFailed(let path, let reason):
      "ffmpeg could not make '\(path)': \(reason)"
    case .fileNotWritten(let path, let reason):
      "'\(path)' could not be written: \(reason)"
    }
  }
}
