import CHDF5
import Support

/// The value of an attribute, as stored. Booleans are written as 0/1 integers.
public enum AttributeValue: Equatable, Sendable {
  case integer(Int)
  case number(Double)
  case text(String)
  /// One dimension, of any numeric type.
  case numbers([Double])
}

extension AttributeValue: CustomStringConvertible {
  /// In words, for messages.
  public var description: String {
    switch self {
    case .integer(let value): "the integer \(value)"
    case .number(let value): "the number \(value)"
    case .text(let value): "the text '\(value)'"
    case .numbers(let values): "an array of \(values.count) numbers"
    }
  }
}

/// A Swift type that attributes can hold.
public protocol AttributeConvertible {
  /// In words, for messages: "an integer".
  static var attributeKind: String { get }
  /// `nil` if the stored value is of another kind.
  init?(_ value: AttributeValue)
  /// The value to store.
  var attributeValue: AttributeValue { get }
}

extension Int: AttributeConvertible {
  /// For messages.
  public static var attributeKind: String { "an integer" }
  /// The stored value if it is an integer.
  public init?(_ value: AttributeValue) {
    guard case .integer(let integer) = value else { return nil }
    self = integer
  }
  /// As it is stored.
  public var attributeValue: AttributeValue { .integer(self) }
}

extension Double: AttributeConvertible {
  /// For messages.
  public static var attributeKind: String { "a number" }
  /// The stored value if it is a number; integers convert.
  public init?(_ value: AttributeValue) {
    switch value {
    case .integer(let integer): self = Double(integer)
    case .number(let number): self = number
    default: return nil
    }
  }
  /// As it is stored.
  public var attributeValue: AttributeValue { .number(self) }
}

extension Bool: AttributeConvertible {
  /// For messages.
  public static var attributeKind: String { "0 or 1" }
  /// The stored value if it is 0 or 1.
  public init?(_ value: AttributeValue) {
    switch value {
    case .integer(0): self = false
    case .integer(1): self = true
    default: return nil
    }
  }
  /// As it is stored.
  public var attributeValue: AttributeValue { .integer(self ? 1 : 0) }
}

extension String: AttributeConvertible {
  /// For messages.
  public static var attributeKind: String { "a text" }
  /// The stored value if it is a text.
  public init?(_ value: AttributeValue) {
    guard case .text(let text) = value else { return nil }
    self = text
  }
  /// As it is stored.
  public var attributeValue: AttributeValue { .text(self) }
}

extension [Double]: AttributeConvertible {
  /// For messages.
  public static var attributeKind: String { "an array of numbers" }
  /// The stored value if it is an array of numbers.
  public init?(_ value: AttributeValue) {
    guard case .numbers(let numbers) = value else { return nil }
    self = numbers
  }
  /// As it is stored.
  public var attributeValue: AttributeValue { .numbers(self) }
}

extension HDF5Object {
  /// Writes an attribute, replacing one of this name.
  public func setAttribute(_ name: String, _ value: some AttributeConvertible) throws(HDF5Error) {
    let id = try id
    let failure = failure("write attribute '\(name)' of")
    if try attributeExists(name) { try Library.check({ H5Adelete(id, name) }, orThrow: failure) }
    switch value.attributeValue {
    case .integer(let integer):
      try writeAttribute(name, type: Int.elementType.makeType(orThrow: failure), count: nil) { attribute, type in
        withUnsafePointer(to: integer) { H5Awrite(attribute, type, $0) }
      }
    case .number(let number):
      try writeAttribute(name, type: Double.elementType.makeType(orThrow: failure), count: nil) { attribute, type in
        withUnsafePointer(to: number) { H5Awrite(attribute, type, $0) }
      }
    case .numbers(let numbers):
      let type = try Double.elementType.makeType(orThrow: failure)
      try writeAttribute(name, type: type, count: numbers.count) { attribute, type in
        numbers.isEmpty ? 0 : H5Awrite(attribute, type, numbers)
      }
    case .text(let text):
      demand(!text.utf8.contains(0), "attribute '\(name)' cannot hold a zero byte, got '\(text)'")
      let type = try Handle({ H5Tcopy(shim_c_string()) }, orThrow: failure)
      try Library.check({ H5Tset_size(type.id, shim_variable_length()) }, orThrow: failure)
      try Library.check({ H5Tset_cset(type.id, H5T_CSET_UTF8) }, orThrow: failure)
      try writeAttribute(name, type: type, count: nil) { attribute, type in
        text.withCString { start in withUnsafePointer(to: start) { H5Awrite(attribute, type, $0) } }
      }
    }
  }

  /// The value of an attribute, converted: an integer also reads as a `Double`, and 0 or 1 as a `Bool`.
  /// - Throws: ``HDF5Error/attributeMissing(name:object:file:)``,
  ///   ``HDF5Error/wrongType(object:file:expected:found:)``.
  public func attribute<Value: AttributeConvertible>(
    _ name: String, as type: Value.Type = Value.self
  ) throws(HDF5Error) -> Value {
    let stored = try attributeValue(name)
    guard let value = Value(stored) else {
      throw attributeError(name, expected: Value.attributeKind, found: "\(stored)")
    }
    return value
  }

  /// The value of an attribute as stored.
  /// - Throws: ``HDF5Error/attributeMissing(name:object:file:)``;
  ///   ``HDF5Error/wrongType(object:file:expected:found:)`` for what ``AttributeValue`` cannot express.
  public func attributeValue(_ name: String) throws(HDF5Error) -> AttributeValue {
    guard try attributeExists(name) else {
      throw .attributeMissing(name: name, object: path, file: filePath)
    }
    let id = try id
    let failure = failure("read attribute '\(name)' of")
    let attribute = try Handle({ H5Aopen(id, name, shim_default_properties()) }, orThrow: failure)
    let type = try Handle({ H5Aget_type(attribute.id) }, orThrow: failure)
    let count = try attributeCount(name, attribute, orThrow: failure)

    func number<Number: HDF5Element>(_ zero: Number) throws(HDF5Error) -> Number {
      let memoryType = try Number.elementType.makeType(orThrow: failure)
      var value = zero
      try Library.check({ H5Aread(attribute.id, memoryType.id, &value) }, orThrow: failure)
      return value
    }
    switch (ElementType(of: type), count) {
    case (.boolean, nil):
      // The enumeration's byte as it stands.
      var value: UInt8 = 0
      try Library.check({ H5Aread(attribute.id, type.id, &value) }, orThrow: failure)
      return .integer(Int(value))
    case (.integer(let bits, _), nil) where bits > 64:
      throw attributeError(name, expected: "at most 64 bits", found: "\(bits)-bit integers")
    case (.integer(_, signed: false), nil):
      let value = try number(UInt64(0))
      guard let integer = Int(exactly: value) else {
        throw attributeError(name, expected: "a 64-bit signed integer", found: "\(value)")
      }
      return .integer(integer)
    case (.integer, nil):
      return .integer(try number(0))
    case (.float, nil):
      return .number(try number(0.0))
    case (.integer, let count?), (.float, let count?):
      var values = [Double](repeating: 0, count: count)
      if count > 0 {
        let memoryType = try Double.elementType.makeType(orThrow: failure)
        try Library.check({ H5Aread(attribute.id, memoryType.id, &values) }, orThrow: failure)
      }
      return .numbers(values)
    case (.other, nil) where Library.call({ H5Tget_class(type.id) }) == H5T_STRING:
      return .text(try readText(name, attribute, type, orThrow: failure))
    case (let elementType, let count):
      throw attributeError(
        name, expected: "a number, a text or an array of numbers",
        found: count.map { "an array of \($0) \(elementType)" } ?? "\(elementType)")
    }
  }

  /// Whether there is an attribute of this name.
  public func attributeExists(_ name: String) throws(HDF5Error) -> Bool {
    let id = try id
    return try Library.check({ H5Aexists(id, name) }, orThrow: failure("look up attribute '\(name)' of")) > 0
  }

  /// Names of all attributes, in the order of their bytes.
  public var attributeNames: [String] {
    get throws(HDF5Error) {
      let id = try id
      var names: [String] = []
      try Library.check(
        {
          var position: hsize_t = 0
          return withUnsafeMutablePointer(to: &names) { pointer in
            H5Aiterate2(
              id, H5_INDEX_NAME, H5_ITER_INC, &position,
              { _, name, _, context in
                if let name { context?.assumingMemoryBound(to: [String].self).pointee.append(String(cString: name)) }
                return 0
              }, pointer)
          }
        }, orThrow: failure("list attributes of"))
      return names
    }
  }

  /// Attributes are small by nature, 64 KiB in the older format; a file that claims more is not believed.
  private static var attributeByteLimit: Int { 1 << 20 }

  private func attributeError(_ name: String, expected: String, found: String) -> HDF5Error {
    let separator = path.hasSuffix("/") ? "" : "/"
    return .wrongType(object: "\(path)\(separator)@\(name)", file: filePath, expected: expected, found: found)
  }

  /// - Parameter count: `nil` for a scalar.
  private func writeAttribute(
    _ name: String, type: consuming Handle, count: Int?, _ write: (_ attribute: hid_t, _ type: hid_t) -> herr_t
  ) throws(HDF5Error) {
    let id = try id
    let typeID = type.id
    let failure = failure("write attribute '\(name)' of")
    let space = try Handle(
      {
        guard let count else { return H5Screate(H5S_SCALAR) }
        return withUnsafePointer(to: hsize_t(count)) { H5Screate_simple(1, $0, nil) }
      }, orThrow: failure)
    let properties = try Handle({ H5Pcreate(shim_attribute_create_class()) }, orThrow: failure)
    try Library.check({ H5Pset_char_encoding(properties.id, H5T_CSET_UTF8) }, orThrow: failure)
    let attribute = try Handle(
      { H5Acreate2(id, name, typeID, space.id, properties.id, shim_default_properties()) }, orThrow: failure)
    try Library.check({ write(attribute.id, typeID) }, orThrow: failure)
    _ = consume type
  }

  /// The length of an attribute of one dimension, `nil` for a scalar.
  private func attributeCount(
    _ name: String, _ attribute: borrowing Handle, orThrow failure: ([String]) -> HDF5Error
  ) throws(HDF5Error) -> Int? {
    let attributeID = attribute.id
    let space = try Handle({ H5Aget_space(attributeID) }, orThrow: failure)
    let kind = Library.call { H5Sget_simple_extent_type(space.id) }
    if kind == H5S_SCALAR { return nil }
    let rank = try Library.check({ H5Sget_simple_extent_ndims(space.id) }, orThrow: failure)
    guard kind == H5S_SIMPLE, rank == 1 else {
      throw attributeError(
        name, expected: "a single value or one dimension", found: kind == H5S_NULL ? "nothing" : "\(rank) dimensions")
    }
    var count: hsize_t = 0
    try Library.check({ H5Sget_simple_extent_dims(space.id, &count, nil) }, orThrow: failure)
    let limit = Self.attributeByteLimit / MemoryLayout<Double>.size
    guard count <= limit else {
      throw .tooLarge(object: "\(path)@\(name)", file: filePath, shape: [count], elementLimit: limit)
    }
    return Int(count)
  }

  private func readText(
    _ name: String, _ attribute: borrowing Handle, _ type: borrowing Handle, orThrow failure: ([String]) -> HDF5Error
  ) throws(HDF5Error) -> String {
    let (attributeID, typeID) = (attribute.id, type.id)
    // The stored type also serves in memory, since HDF5 does not convert between ASCII and UTF-8.
    if Library.call({ H5Tis_variable_str(typeID) }) > 0 {
      var start: UnsafeMutablePointer<CChar>?
      try Library.check({ H5Aread(attributeID, typeID, &start) }, orThrow: failure)
      defer { Library.call { H5free_memory(start) } }
      return start.map { String(cString: $0) } ?? ""
    }
    let size = Library.call { H5Tget_size(typeID) }
    guard size <= Self.attributeByteLimit else {
      throw .tooLarge(
        object: "\(path)@\(name)", file: filePath, shape: [UInt64(size)], elementLimit: Self.attributeByteLimit)
    }
    var bytes = [UInt8](repeating: 0, count: size)
    try Library.check({ H5Aread(attributeID, typeID, &bytes) }, orThrow: failure)
    var content = bytes.prefix { $0 != 0 }
    if Library.call({ H5Tget_strpad(typeID) }) == H5T_STR_SPACEPAD {
      while content.last == UInt8(ascii: " ") { content.removeLast() }
    }
    return String(decoding: content, as: UTF8.self)
  }
}
