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

  @Test func `what a symbolic link points to is replaced and the link stays`() throws {
    try FileManager.default.createDirectory(atPath: directory.file("elsewhere"), withIntermediateDirectories: false)
    try FileManager.default.createSymbolicLink(atPath: directory.file("second"), withDestinationPath: "elsewhere/result.h5")
    try FileManager.default.createSymbolicLink(atPath: directory.file("first"), withDestinationPath: directory.file("second"))
    for value in [1.0, 2] {  // the file is not there the first time
      try HDF5File.replace(at: directory.file("first")) { try $0.write("value", [value]) }
      #expect(try HDF5File.open(at: directory.file("elsewhere/result.h5")).read("value") == [value])
    }
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: directory.file("second")) == "elsewhere/result.h5")
    #expect(try directory.fileNames == ["elsewhere", "first", "second"])
  }

  @Test func `links in a circle are refused`() throws {
    try FileManager.default.createSymbolicLink(atPath: directory.file("a"), withDestinationPath: "b")
    try FileManager.default.createSymbolicLink(atPath: directory.file("b"), withDestinationPath: "a")
    #expect(throws: HDF5Error.self) { try AtomicFile.replace(at: directory.file("a"), with: "") }
    #expect(try directory.fileNames == ["a", "b"])
  }

  @Test func `a pipe is refused and stays`() throws {
    #expect(mkfifo(directory.file("pipe"), 0o600) == 0)
    expectError(
      "Could not replace '<dir>/pipe': It is a device, pipe or socket, not a file; name a file.", in: directory
    ) {
      try HDF5File.replace(at: directory.file("pipe")) { try $0.write("value", [1]) }
    }
    var information = stat()
    #expect(lstat(directory.file("pipe"), &information) == 0 && information.st_mode & S_IFMT == S_IFIFO)
    #expect(try directory.fileNames == ["pipe"])
  }

  @Test func `a character device is refused`() throws {
    #expect(throws: HDF5Error.self) { try HDF5File.replace(at: "/dev/null") { try $0.write("value", [1]) } }
  }

  @Test func `a file of the user's under the temporary name is left alone`() throws {
    let path = directory.file("x.h5")
    try "mine".write(toFile: path + ".tmp", atomically: false, encoding: .utf8)
    try HDF5File.replace(at: path) { try $0.write("value", [1]) }
    #expect(try String(contentsOfFile: path + ".tmp", encoding: .utf8) == "mine")
    #expect(try HDF5File.open(at: path).read("value") == [1.0])
    #expect(try directory.fileNames == ["x.h5", "x.h5.tmp"])
  }

  @Test func `a directory that is missing is named`() throws {
    expectError("Could not create '<dir>/no/config.yaml.tmp': No such file or directory.", in: directory) {
      try AtomicFile.replace(at: directory.file("no/config.yaml"), with: "")
    }
  }
}
