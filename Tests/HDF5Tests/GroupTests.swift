import HDF5
import Testing

@Suite struct GroupTests {
  private let directory: TemporaryDirectory
  private let file: HDF5File

  init() throws {
    directory = try TemporaryDirectory()
    file = try HDF5File.create(at: directory.file("checkpoint.h5"))
  }

  @Test func `paths create the groups on their way and lead back`() throws {
    let policy = try file.createGroup("networks/policy")
    try policy.write("0/weight", [Float(1)])
    #expect(policy.path == "/networks/policy")
    #expect(try file.group("networks").group("policy/0").dataset("weight").path == "/networks/policy/0/weight")
    #expect(try policy.read("/networks/policy/0/weight") == [Float(1)])
  }

  @Test func `existence is answered for every kind of path`() throws {
    try file.write("a/b", [1])
    for name in ["a", "/a", "a/b", "/a/b", "/"] { #expect(try file.exists(name), "\(name)") }
    for name in ["b", "a/c", "x/y/z", "a/b/c"] { #expect(try !file.exists(name), "\(name)") }
  }

  @Test func `children are listed by name`() throws {
    for name in ["episode_2", "episode_10", "größe"] { try file.createGroup(name) }
    try file.write("alpha", [1.0])
    #expect(try file.childNames == ["alpha", "episode_10", "episode_2", "größe"])
    #expect(try file.group("episode_2").childNames == [])
  }

  @Test func `what is missing is named with its file`() throws {
    expectError("'/networks/policy/0/weight' is missing in '<dir>/checkpoint.h5'.", in: directory) {
      _ = try file.read("networks/policy/0/weight", as: Float.self)
    }
    expectError("'/networks' is missing in '<dir>/checkpoint.h5'.", in: directory) { _ = try file.group("networks") }
  }

  @Test func `a name that is taken is refused`() throws {
    try file.write("alpha", [1.0])
    let text = "'/alpha' is already in '<dir>/checkpoint.h5'. Choose another name or write a new file."
    expectError(text, in: directory) { try file.write("alpha", [2.0]) }
    expectError(text, in: directory) { try file.createGroup("alpha") }
    #expect(try file.read("alpha") == [1.0])
  }

  @Test func `a group is not taken for a dataset, nor the reverse`() throws {
    try file.createGroup("group")
    try file.write("data", [1.0])
    expectError("'/group' in '<dir>/checkpoint.h5' should hold a dataset, but holds a group.", in: directory) {
      _ = try file.dataset("group")
    }
    expectError("'/data' in '<dir>/checkpoint.h5' should hold a group, but holds a dataset.", in: directory) {
      _ = try file.group("data")
    }
  }
}
