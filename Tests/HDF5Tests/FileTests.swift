import Foundation
import HDF5
import Testing

@Suite struct FileTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test func `a closed file opens again with everything in it, read-only unless asked`() throws {
    let path = directory.file("data.h5")
    let file = try HDF5File.create(at: path)
    try file.write("a/b", [1.5])
    try file.close()
    let reader = try HDF5File.open(at: path)
    #expect(try reader.read("a/b") == [1.5])
    #expect(throws: HDF5Error.self) { try reader.createGroup("c") }
    try reader.close()
    let writer = try HDF5File.open(at: path, mode: .readWrite)
    try writer.write("c", [2])
    try writer.close()
    #expect(try HDF5File.open(at: path).childNames == ["a", "c"])
  }

  @Test func `a file dropped without close is complete, once its last dataset is dropped`() throws {
    let path = directory.file("data.h5")
    do {
      let rows = try HDF5File.create(at: path).createDataset("rows", of: Int64.self, chunkRows: 4)
      try rows.append([1, 2, 3])
    }
    let copy = try directory.copy("data.h5", to: "copy.h5")
    #expect(try HDF5File.open(at: copy).read("rows") == [1, 2, 3])
  }

  @Test func `using a closed file is an error, closing it again is not`() throws {
    let file = try HDF5File.create(at: directory.file("data.h5"))
    let dataset = try file.write("a", [1])
    try file.close()
    try file.close()
    let text = "'<dir>/data.h5' was closed before this use. Open it again."
    expectError(text, in: directory) { _ = try dataset.read(as: Int.self) }
    expectError(text, in: directory) { try file.createGroup("b") }
    expectError(text, in: directory) { try file.flush() }
  }

  @Test func `opening what is no file explains itself`() throws {
    expectError("'<dir>/no.h5' does not exist. Is the path relative to another directory?", in: directory) {
      _ = try HDF5File.open(at: directory.file("no.h5"))
    }
    try "seed: 0".write(toFile: directory.file("config.yaml"), atomically: true, encoding: .utf8)
    expectError(
      "'<dir>/config.yaml' is not a complete HDF5 file: file signature not found."
        + " Restore it from a copy or remove it and write it again.", in: directory
    ) { _ = try HDF5File.open(at: directory.file("config.yaml")) }
    expectError("Could not open '<dir>': Is a directory.", in: directory) { _ = try HDF5File.open(at: directory.path) }
    expectError("Could not create '<dir>/no/a.h5': No such file or directory.", in: directory) {
      _ = try HDF5File.create(at: directory.file("no/a.h5"))
    }
  }

  @Test func `a truncated file is recognised, at whatever byte it was cut`() throws {
    let path = directory.file("whole.h5")
    let file = try HDF5File.create(at: path)
    try file.write("a", [Double](repeating: 1, count: 1000))
    try file.close()
    let whole = try Data(contentsOf: URL(filePath: path))
    for length in [0, 7, 40, 100, whole.count / 2, whole.count - 1] {
      let cut = directory.file("cut.h5")
      try whole.prefix(length).write(to: URL(filePath: cut))
      let error = #expect(throws: HDF5Error.self, "cut to \(length) bytes") { _ = try HDF5File.open(at: cut) }
      #expect("\(try #require(error))".contains("cut.h5' is not a complete HDF5 file: "), "cut to \(length) bytes")
    }
  }

  @Test func `a file locked by another process is an error that says so`() throws {
    let path = directory.file("data.h5")
    try HDF5File.create(at: path).close()
    let descriptor = Glibc.open(path, O_RDONLY)
    defer { Glibc.close(descriptor) }
    try #require(flock(descriptor, LOCK_EX) == 0)
    expectError(
      "'<dir>/data.h5' could not be locked: unable to lock file, errno = 11, error message = 'Resource temporarily"
        + " unavailable'. Another process is using it; wait for it, or let it open the file with swmr=True.", in: directory
    ) { _ = try HDF5File.open(at: path) }
  }

  @Test func `closing leaves no object open, dropped groups and datasets neither`() throws {
    let file = try HDF5File.create(at: directory.file("data.h5"))
    do {
      let group = try file.createGroup("a")
      let dataset = try group.write("b", [1.0])
      try dataset.setAttribute("c", "text")
      #expect(try file.openObjectCount == 4)  // the file, its root group, the group and the dataset
      _ = (group, dataset)
    }
    #expect(try file.openObjectCount == 2)
  }

  @Test func `a hundred uses leave no object open, nor do failed ones`() throws {
    let file = try HDF5File.create(at: directory.file("data.h5"))
    let rows = try file.createDataset("rows", of: Bool.self, chunkRows: 64)
    let before = try file.openObjectCount
    for step in 0..<100 {
      try rows.append(step.isMultiple(of: 2))
      _ = try file.read("rows", as: Bool.self)
      try rows.setAttribute("name", "value")
      try rows.setAttribute("numbers", [1.0])
      _ = try rows.attribute("name", as: String.self)
      _ = try file.exists("rows/below")
      #expect(throws: HDF5Error.self) { _ = try file.read("rows", as: Float.self) }
      #expect(throws: HDF5Error.self) { _ = try HDF5File.open(at: directory.file("no.h5")) }
    }
    #expect(try file.openObjectCount == before)
  }

  @Test func `the library tells its version`() {
    #expect(HDF5File.libraryVersion.split(separator: ".").compactMap { Int($0) }.count == 3)
  }
}
