import CHDF5
import Foundation
import HDF5
import Testing

/// Files as other programs write them, made by calls of the C library because the wrapper writes nothing like it.
@Suite struct ForeignFileTests {
  private let directory: TemporaryDirectory
  private let path: String

  init() throws {
    directory = try TemporaryDirectory()
    path = directory.file("foreign.h5")
  }

  /// Creates the file and hands its identifier to `body`; closing it closes what was made in it.
  private func write(_ body: (hid_t) -> Void) {
    let access = H5Pcreate(shim_file_access_class())
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG)
    H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110)
    let file = H5Fcreate(path, shim_truncate(), 0, access)
    body(file)
    H5Fclose(file)
    H5Pclose(access)
  }

  private func addAttribute(_ name: String, to file: hid_t, type: hid_t, _ bytes: UnsafeRawPointer) {
    H5Awrite(H5Acreate2(file, name, type, H5Screate(H5S_SCALAR), 0, 0), type, bytes)
  }

  @Test func `strings of fixed length read as text, without their padding`() throws {
    write { file in
      for (name, padding, bytes) in [
        ("terminated", H5T_STR_NULLTERM, "Ant\0xyz"), ("zeros", H5T_STR_NULLPAD, "Hopper\0"),
        ("spaces", H5T_STR_SPACEPAD, "Ant    "),
      ] {
        let type = H5Tcopy(shim_c_string())
        H5Tset_size(type, 7)
        H5Tset_strpad(type, padding)
        addAttribute(name, to: file, type: type, Array(bytes.utf8))
      }
    }
    let file = try HDF5File.open(at: path)
    #expect(try file.attribute("terminated") == "Ant")
    #expect(try file.attribute("zeros") == "Hopper")
    #expect(try file.attribute("spaces") == "Ant")
  }

  @Test func `an attribute beyond 64-bit signed integers is refused`() throws {
    write { file in addAttribute("seed", to: file, type: shim_native_uint64(), [UInt64.max]) }
    let file = try HDF5File.open(at: path)
    expectError(
      "'/@seed' in '<dir>/foreign.h5' should hold a 64-bit signed integer, but holds 18446744073709551615.",
      in: directory
    ) { _ = try file.attribute("seed", as: Int.self) }
  }

  @Test func `booleans are known by h5py's names, and a byte that is neither is refused`() throws {
    write { file in
      for (name, members) in [("flags", ["FALSE", "TRUE"]), ("colours", ["RED", "BLUE"])] {
        let type = H5Tenum_create(shim_native_int8())
        for (value, member) in members.enumerated() { H5Tenum_insert(type, member, [Int8(value)]) }
        let data = H5Dcreate2(file, name, type, H5Screate_simple(1, [2], nil), 0, 0, 0)
        H5Dwrite(data, type, 0, 0, 0, [Int8(1), 7])
        addAttribute(name, to: file, type: type, [Int8(1)])
      }
    }
    let file = try HDF5File.open(at: path)
    expectError("'/flags' in '<dir>/foreign.h5' should hold booleans (0 or 1), but holds 7.", in: directory) {
      _ = try file.read("flags", as: Bool.self)
    }
    #expect(try file.dataset("colours").elementType == .other("an enumeration"))
    #expect(try file.attribute("flags") == true)
  }

  @Test func `a dataset without a shape, or with its data in other files, is refused`() throws {
    write { file in
      H5Dcreate2(file, "null", shim_native_float(), H5Screate(H5S_NULL), 0, 0, 0)
      let properties = H5Pcreate(shim_dataset_create_class())
      H5Pset_external(properties, "elsewhere", 0, 8)
      H5Dcreate2(file, "external", shim_native_float(), H5Screate_simple(1, [2], nil), 0, properties, 0)
    }
    let file = try HDF5File.open(at: path)
    expectError(
      "'/null' in '<dir>/foreign.h5' should hold elements, but holds nothing, not even a shape.", in: directory
    ) { _ = try file.dataset("null") }
    expectError("'/external' in '<dir>/foreign.h5' cannot be trusted: its data are in other files.", in: directory) {
      _ = try file.dataset("external")
    }
  }

  @Test func `an attribute without a value is refused`() throws {
    write { file in H5Acreate2(file, "empty", shim_native_float(), H5Screate(H5S_NULL), 0, 0) }
    let file = try HDF5File.open(at: path)
    expectError(
      "'/@empty' in '<dir>/foreign.h5' should hold a single value or one dimension, but holds nothing.", in: directory
    ) { _ = try file.attributeValue("empty") }
  }

  @Test func `a link into another file is refused, also behind a link of this one`() throws {
    let other = directory.file("other.h5")
    try HDF5File.replace(at: other) { file in _ = try file.write("rewards", [Float(1)]) }
    write { file in
      H5Lcreate_external(other, "/rewards", file, "rewards", 0, 0)
      H5Lcreate_external(other, "/", file, "episode", 0, 0)
      H5Lcreate_soft("/rewards", file, "indirect", 0, 0)
    }
    let file = try HDF5File.open(at: path)
    for name in ["rewards", "episode/rewards"] {
      let object = name.prefix { $0 != "/" }
      expectError("'/\(object)' in '<dir>/foreign.h5' cannot be trusted: it is a link into another file.", in: directory) {
        _ = try file.dataset(name)
      }
    }
    expectError("'/indirect' is missing in '<dir>/foreign.h5'.", in: directory) { _ = try file.dataset("indirect") }
  }

  @Test func `a soft link within the file is followed, and one that leads in circles is refused`() throws {
    write { file in
      H5Dcreate2(file, "data", shim_native_float(), H5Screate_simple(1, [2], nil), 0, 0, 0)
      H5Lcreate_soft("/data", file, "alias", 0, 0)
      H5Lcreate_soft("/circle", file, "circle", 0, 0)
    }
    let file = try HDF5File.open(at: path)
    #expect(try file.read("alias") == [Float(0), 0])
    #expect(throws: HDF5Error.self) { try file.dataset("circle") }
  }

  @Test func `a virtual dataset is refused`() throws {
    write { file in
      let properties = H5Pcreate(shim_dataset_create_class())
      let space = H5Screate_simple(1, [2], nil)
      H5Pset_virtual(properties, space, directory.file("other.h5"), "/data", space)
      H5Dcreate2(file, "virtual", shim_native_float(), space, 0, properties, 0)
    }
    let file = try HDF5File.open(at: path)
    expectError("'/virtual' in '<dir>/foreign.h5' cannot be trusted: its data are in other files.", in: directory) {
      _ = try file.dataset("virtual")
    }
  }

  @Test func `elements wider than any number are refused`() throws {
    write { file in
      let type = H5Tcopy(shim_native_int64())
      H5Tset_size(type, 1000)
      H5Dcreate2(file, "wide", type, H5Screate_simple(1, [2], nil), 0, 0, 0)
    }
    let file = try HDF5File.open(at: path)
    expectError(
      "'/wide' in '<dir>/foreign.h5' should hold 32-bit floating-point numbers, but holds 8000-bit integers.", in: directory
    ) { _ = try file.read("wide", as: Float.self) }
  }

  @Test func `a compressed chunk of gigabytes in a file of a few bytes is refused`() throws {
    write { file in
      let properties = H5Pcreate(shim_dataset_create_class())
      H5Pset_chunk(properties, 1, [1 << 29])
      H5Pset_deflate(properties, 1)
      H5Dcreate2(file, "chunk", shim_native_float(), H5Screate_simple(1, [16], [1 << 29]), 0, properties, 0)
    }
    let file = try HDF5File.open(at: path)
    expectError(
      "'/chunk' in '<dir>/foreign.h5' cannot be trusted: it claims chunks of 536870912 elements, but only 0 bytes are stored.",
      in: directory
    ) { _ = try file.read("chunk", as: Float.self) }
  }

  @Test func `what is damaged in a dead writer's file is refused at once, not tried again as if it were being written`() throws {
    write { file in H5Dcreate2(file, "data", shim_native_float(), H5Screate_simple(1, [2], nil), 0, 0, 0) }
    // The last object header is the dataset's; its checksum is then wrong.
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let header = try #require(bytes.range(of: Data("OHDR".utf8), options: .backwards))
    bytes[header.lowerBound + 30] ^= 1
    try bytes.write(to: URL(fileURLWithPath: path))
    let file = try HDF5File.open(at: path, mode: .readOnlyAfterWriter)
    #expect(throws: HDF5Error.self) { try file.dataset("data") }
  }
}
