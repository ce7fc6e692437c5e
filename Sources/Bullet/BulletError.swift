/// What can go wrong in Bullet, in one line each: what, where, what next.
public enum BulletError: Error, Equatable, CustomStringConvertible {
  /// Bullet has not been built, or is not where it was looked for.
  case libraryMissing(path: String)
  /// The file is there but cannot be loaded; `reason` is the loader's.
  case libraryUnusable(path: String, reason: String)
  /// The file is not there or not ours to read; `reason` is the operating system's.
  case modelNotReadable(path: String, reason: String)
  /// Bullet refused the file; `reason` is its own message.
  case modelNotLoaded(path: String, reason: String)
  /// Bullet did not do what it was told.
  case callFailed(call: String, reason: String)

  /// One line: what, where, what next.
  public var description: String {
    switch self {
    case .libraryMissing(let path):
      "Bullet is not built: there is no '\(path)'; run 'make setup-bullet', or name the library in HPO_BULLET_LIBRARY"
    case .libraryUnusable(let path, let reason):
      "could not load Bullet from '\(path)': \(reason); run 'make setup-bullet' to build it again"
    case .modelNotReadable(let path, let reason):
      "could not read the model '\(path)': \(reason); 'make setup-bullet' puts Bullet's models in Assets/bullet"
    case .modelNotLoaded(let path, let reason):
      "Bullet could not load '\(path)': \(reason); is it complete? 'make setup-bullet' restores Bullet's own models"
    case .callFailed(let call, let reason):
      "Bullet could not \(call): \(reason); reset the world"
    }
  }
}
