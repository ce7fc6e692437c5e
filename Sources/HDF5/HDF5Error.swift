/// What can go wrong with a file: every case knows where, and its description says what to do next.
///
/// `file` is the path as the caller gave it, `object` the path inside the file, such as `/networks/policy/0/weight`.
public enum HDF5Error: Error, Equatable, Sendable {
  /// No file at this path.
  case fileMissing(file: String)
  /// The file is something else, was cut short, or was never finished.
  case notHDF5(file: String, reason: String)
  /// The operating system did not grant HDF5's lock.
  case lockRefused(file: String, reason: String)
  /// The file is marked as open for writing: a writer is at work or was killed.
  case markedAsBeingWritten(file: String, reason: String)
  /// The file, or the file of a group or dataset, was used after ``HDF5File/close()``.
  case fileClosed(file: String)
  /// No such group or dataset.
  case missing(object: String, file: String)
  /// No such attribute.
  case attributeMissing(name: String, object: String, file: String)
  /// There is something of this name already.
  case alreadyExists(object: String, file: String)
  /// A group where a dataset was wanted, or the reverse, or numbers that cannot be read as the wanted type.
  case wrongType(object: String, file: String, expected: String, found: String)
  /// Another rank or another size than wanted; `nil` stands for any size.
  case wrongShape(object: String, file: String, expected: [Int?], found: [Int])
  /// Rows were asked for that are not there.
  case rowsMissing(object: String, file: String, wanted: Range<Int>, rowCount: Int)
  /// More elements than the caller's limit.
  case tooLarge(object: String, file: String, shape: [UInt64], elementLimit: Int)
  /// The file claims more data than it can contain, or keeps it elsewhere.
  case implausible(object: String, file: String, reason: String)
  /// A system call on a file or directory failed.
  case fileSystem(path: String, action: String, reason: String)
  /// Anything else that the HDF5 library reports; `reason` is its innermost description.
  case library(action: String, object: String, file: String, reason: String)
}

extension HDF5Error: CustomStringConvertible {
  /// What, where, what next.
  public var description: String {
    switch self {
    case .fileMissing(let file):
      "'\(file)' does not exist. Is the path relative to another directory?"
    case .notHDF5(let file, let reason):
      "'\(file)' is not a complete HDF5 file: \(reason). Restore it from a copy or remove it and write it again."
    case .lockRefused(let file, let reason):
      "'\(file)' could not be locked: \(reason). Another process is using it; wait for it, or let it open the file with"
        + " swmr=True."
    case .markedAsBeingWritten(let file, let reason):
      "'\(file)' is marked as being written: \(reason). While its writer runs, only an SWMR reader can open it; if the"
        + " writer was killed, open it with readWrite(recovering: true)."
    case .fileClosed(let file):
      "'\(file)' was closed before this use. Open it again."
    case .missing(let object, let file):
      "'\(object)' is missing in '\(file)'."
    case .attributeMissing(let name, let object, let file):
      "Attribute '\(name)' of '\(object)' is missing in '\(file)'."
    case .alreadyExists(let object, let file):
      "'\(object)' is already in '\(file)'. Choose another name or write a new file."
    case .wrongType(let object, let file, let expected, let found):
      "'\(object)' in '\(file)' should hold \(expected), but holds \(found)."
    case .wrongShape(let object, let file, let expected, let found):
      "'\(object)' in '\(file)' should have shape \(Self.render(expected)), but has \(found)."
    case .rowsMissing(let object, let file, let wanted, let rowCount):
      "'\(object)' in '\(file)' has \(rowCount) rows; rows \(wanted.lowerBound)..<\(wanted.upperBound)"
        + " are not all there."
    case .tooLarge(let object, let file, let shape, let limit):
      "'\(object)' in '\(file)' claims shape \(shape), more than the \(limit) elements allowed here."
        + " Raise the limit if the file is trusted."
    case .implausible(let object, let file, let reason):
      "'\(object)' in '\(file)' cannot be trusted: \(reason)."
    case .fileSystem(let path, let action, let reason):
      "Could not \(action) '\(path)': \(reason)."
    case .library(let action, let object, let file, let reason):
      "HDF5 could not \(action) '\(object)' in '\(file)': \(reason)."
    }
  }

  private static func render(_ shape: [Int?]) -> String {
    "[" + shape.map { size in size.map(String.init) ?? "any" }.joined(separator: ", ") + "]"
  }
}
