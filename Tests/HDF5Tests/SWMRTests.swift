import Foundation
import HDF5
import Testing

/// Single writer, multiple readers. A copy of the file stands for what another process finds on disk.
@Suite struct SWMRTests {
  private let directory: TemporaryDirectory
  private let file: HDF5File
  private let steps: Dataset
  private let returns: Dataset

  init() throws {
    directory = try TemporaryDirectory()
    file = try HDF5File.create(at: directory.file("curve.h5"))
    try file.setAttribute("seed", 3)
    steps = try file.createDataset("evaluation/step", of: Int64.self, chunkRows: 4)
    returns = try file.createDataset("evaluation/returns", of: Float.self, rowShape: [2], chunkRows: 4)
    try file.startSWMRWrite()
  }

  @Test func `a reader sees appended rows while the writer is writing`() throws {
    let reader = try HDF5File.open(at: directory.file("curve.h5"), mode: .readOnly(swmr: true))
    let seen = try reader.dataset("evaluation/step", of: Int64.self, shape: [nil])
    for count in 1...20 {
      try steps.append(count)
      try steps.flush()
      try seen.refresh()
      #expect(try seen.read() == Array(1...count))
    }
    #expect(try reader.attribute("seed") == 3)
  }

  @Test func `every flushed row is on disk, complete, at every moment`() throws {
    for count in 1...20 {
      try returns.append([Float(count), -Float(count)])
      try returns.flush()
      try steps.append(count)
      try steps.flush()
      let path = try directory.copy("curve.h5", to: "seen.h5")
      let reader = try HDF5File.open(at: path, mode: .readOnly(swmr: true))
      #expect(try reader.read("evaluation/step") == Array(1...count))
      #expect(try reader.read("evaluation/returns") == (1...count).flatMap { [Float($0), -Float($0)] })
      try reader.close()
    }
  }

  @Test func `the file of a killed writer is refused, then recovered, cut and continued`() throws {
    try steps.append([1, 2, 3, 4, 5, 6])
    try file.synchronize()
    try steps.append([7, 8])  // never flushed
    let path = try directory.copy("curve.h5", to: "killed.h5")
    for mode in [HDF5File.Mode.readWrite, .readOnly] {
      let error = #expect(throws: HDF5Error.self) { _ = try HDF5File.open(at: path, mode: mode) }
      #expect(
        "\(try #require(error))".hasSuffix(
          "(may use <h5clear file> to clear file consistency flags). While its writer runs, only an SWMR reader can"
            + " open it; if the writer was killed, open it with readWrite(recovering: true)."))
    }
    let recovered = try HDF5File.open(at: path, mode: .readWrite(recovering: true))
    let continued = try recovered.dataset("evaluation/step")
    #expect(try continued.read(rows: 0..<6) == [1, 2, 3, 4, 5, 6])
    try continued.setRowCount(4)
    try recovered.startSWMRWrite()
    try continued.append([50, 60])
    try recovered.close()
    #expect(try HDF5File.open(at: path).read("evaluation/step") == [1, 2, 3, 4, 50, 60])
  }

  @Test func `a file whose writer was killed before it wrote the file's new end is recovered without giving space out twice`() throws {
    try steps.append([1, 2, 3])
    try file.synchronize()
    // Chunks, and then an index of chunks, that the superblock on disk does not count.
    for count in 4...200 { try steps.append(count) }
    try steps.flush()
    let path = try directory.copy("curve.h5", to: "killed.h5")
    let recovered = try HDF5File.open(at: path, mode: .readWrite(recovering: true))
    let (steps, returns) = (try recovered.dataset("evaluation/step"), try recovered.dataset("evaluation/returns"))
    try steps.setRowCount(3)
    try recovered.startSWMRWrite()
    for count in 4...1000 {
      try steps.append(count)
      try returns.append([Float(count), 0])
    }
    try recovered.close()
    let whole = try HDF5File.open(at: path)
    #expect(try whole.read("evaluation/step") == Array(1...1000))
    #expect(try whole.read("evaluation/returns") == (4...1000).flatMap { [Float($0), 0] })
  }

  @Test func `a file shorter than it says, as a writer killed at the wrong moment leaves it, is recovered`() throws {
    try steps.append([1, 2, 3])
    try file.synchronize()
    let path = try directory.copy("curve.h5", to: "killed.h5")
    let length = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    try #require(truncate(path, try #require(length) - 1) == 0)
    let recovered = try HDF5File.open(at: path, mode: .readWrite(recovering: true))
    #expect(try recovered.read("evaluation/step") == [1, 2, 3])
    try recovered.close()
    #expect(try HDF5File.open(at: path).read("evaluation/step") == [1, 2, 3])
  }

  @Test func `a file opened for SWMR writing grows, and readers find it open from the first moment`() throws {
    try file.close()
    let path = directory.file("curve.h5")
    let writer = try HDF5File.open(at: path, mode: .swmrWrite)
    let copy = try directory.copy("curve.h5", to: "copy.h5")
    #expect(try HDF5File.open(at: copy, mode: .readOnly(swmr: true)).attribute("seed") == 3)
    try writer.dataset("evaluation/step").append([1, 2])
    try writer.close()
    #expect(try HDF5File.open(at: path).read("evaluation/step") == [1, 2])
  }

  @Test func `a writer that closed leaves an ordinary file`() throws {
    try steps.append(1)
    try file.close()
    let copy = try directory.copy("curve.h5", to: "copy.h5")
    #expect(try HDF5File.open(at: copy, mode: .readWrite).read("evaluation/step") == [1])
  }
}
