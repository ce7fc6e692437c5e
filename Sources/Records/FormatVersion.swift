import HDF5

/// A file whose layout this program does not know: it was written by another version.
public struct WrongFormatVersion: Error, Equatable, CustomStringConvertible {
  /// The file's `format_version`.
  public var found: Int
  /// The one that this program reads.
  public var expected: Int
  /// Its path.
  public var file: String

  /// One line: what, where, what next.
  public var description: String {
    "'\(file)' has format version \(found), this program reads \(expected); use the program that wrote it, or --fresh"
  }
}

extension HDF5File {
  /// Writes the attribute `format_version`.
  /// - Throws: `HDF5Error`.
  public func setFormatVersion(_ version: Int) throws { try setAttribute("format_version", version) }

  /// - Throws: ``WrongFormatVersion``; `HDF5Error` where the file has none.
  public func requireFormatVersion(_ expected: Int) throws {
    let found: Int = try attribute("format_version")
    if found != expected { throw WrongFormatVersion(found: found, expected: expected, file: filePath) }
  }
}
