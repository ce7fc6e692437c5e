import Foundation
import HDF5
import Testing

/// A directory for one test, removed with it.
final class TemporaryDirectory {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "hdf5-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }

  var fileNames: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  }

  /// What another process would find on disk now, or after the writer was killed. HDF5 takes a copy for another file,
  /// so opening it shares nothing with handles on the original.
  func copy(_ name: String, to copyName: String) throws -> String {
    try? FileManager.default.removeItem(atPath: file(copyName))
    try FileManager.default.copyItem(atPath: file(name), toPath: file(copyName))
    return file(copyName)
  }
}

/// Expects an error with exactly this text, in which `<dir>` stands for the temporary directory.
func expectError(
  _ text: String, in directory: TemporaryDirectory, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws -> Void
) {
  do {
    try body()
    Issue.record("expected the error: \(text)", sourceLocation: sourceLocation)
  } catch {
    let message = "\(error)".replacing(directory.path, with: "<dir>")
    #expect(message == text, sourceLocation: sourceLocation)
  }
}
