import HDF5
import Testing

@Suite struct AttributeTests {
  private let directory: TemporaryDirectory
  private let file: HDF5File

  init() throws {
    directory = try TemporaryDirectory()
    file = try HDF5File.create(at: directory.file("curve.h5"))
  }

  @Test func `values of every kind come back, on files, groups and datasets`() throws {
    let objects = [file, try file.createGroup("group"), try file.write("data", [1.0])]
    for object in objects {
      try object.setAttribute("seed", -7)
      try object.setAttribute("gamma", 0.99)
      try object.setAttribute("safe", true)
      try object.setAttribute("environment", "Überläufer-v2")
      try object.setAttribute("empty", "")
      try object.setAttribute("limits", [0.5, -1])
      try object.setAttribute("nothing", [Double]())

      #expect(try object.attribute("seed") == -7)
      #expect(try object.attribute("gamma") == 0.99)
      #expect(try object.attribute("safe") == true)
      #expect(try object.attributeValue("safe") == .integer(1))
      #expect(try object.attribute("environment") == "Überläufer-v2")
      #expect(try object.attribute("empty") == "")
      #expect(try object.attribute("limits") == [0.5, -1])
      #expect(try object.attribute("nothing", as: [Double].self) == [])
      #expect(
        try object.attributeNames == ["empty", "environment", "gamma", "limits", "nothing", "safe", "seed"])
    }
  }

  @Test func `an integer reads as a number, but not the reverse`() throws {
    try file.setAttribute("steps", 3)
    try file.setAttribute("gamma", 0.5)
    #expect(try file.attribute("steps") == 3.0)
    expectError("'/@gamma' in '<dir>/curve.h5' should hold an integer, but holds the number 0.5.", in: directory) {
      _ = try file.attribute("gamma", as: Int.self)
    }
    expectError("'/@steps' in '<dir>/curve.h5' should hold 0 or 1, but holds the integer 3.", in: directory) {
      _ = try file.attribute("steps", as: Bool.self)
    }
  }

  @Test func `setting again replaces, even by another kind`() throws {
    try file.setAttribute("alpha", 1)
    try file.setAttribute("alpha", "auto")
    #expect(try file.attribute("alpha") == "auto")
    #expect(try file.attributeNames == ["alpha"])
  }

  @Test func `a missing attribute is named with its object`() throws {
    let group = try file.createGroup("networks")
    #expect(try !group.attributeExists("alpha"))
    expectError("Attribute 'alpha' of '/networks' is missing in '<dir>/curve.h5'.", in: directory) {
      _ = try group.attribute("alpha", as: Double.self)
    }
  }
}
