import Foundation
import HDF5
import Testing

@Suite struct AtomicFileTests {
  private struct Interruption: Error {}
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test func `a replaced file holds the new content and nothing else is left`() throws {
    let path = directory.file("checkpoint.h5")
    for value in [1.0, 2] {
      try HDF5File.replace(at: path) { file in
        try file.write("value", [value])
        #expect(try directory.fileNames.contains("checkpoint.h5.tmp"))
      }
      #expect(try HDF5File.open(at: path).read("value") == [value])
    }
    #expect(try directory.fileNames == ["checkpoint.h5"])
  }

  @Test func `a failure leaves the old file and removes the temporary one`() throws {
    let path = directory.file("checkpoint.h5")
    try HDF5File.replace(at: path) { try $0.write("value", [1]) }
    #expect(throws: Interruption.self) {
      try HDF5File.replace(at: path) { file in
        try file.write("value", [2])
        throw Interruption()
      }
    }
    #expect(try HDF5File.open(at: path).read("value") == [1])
    #expect(try directory.fileNames == ["checkpoint.h5"])
  }

  @Test func `a reader of the old file keeps it while it is replaced`() throws {
    let path = directory.file("checkpoint.h5")
    try HDF5File.replace(at: path) { try $0.write("value", [1]) }
    let old = try HDF5File.open(at: path)
    try HDF5File.replace(at: path) { try $0.write("value", [2]) }
    #expect(try old.read("value") == [1])
    #expect(try HDF5File.open(at: path).read("value") == [2])
  }

  @Test func `text is replaced too`() throws {
    let path = directory.file("config.yaml")
    for text in ["seed: 0\n", String(repeating: "größer ", count: 50_000), ""] {
      try AtomicFile.replace(at: path, with: text)
      #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }
    #expect(try directory.fileNames == ["config.yaml"])
  }

  @Test func `a directory that is missing is named`() throws {
    expectError("Could not create '<dir>/no/config.yaml.tmp': No such file or directory.", in: directory) {
      try AtomicFile.replace(at: directory.file("no/config.yaml"), with: "")
    }
  }
}
