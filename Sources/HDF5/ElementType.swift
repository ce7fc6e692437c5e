import CHDF5
import Support

/// What a dataset's elements are.
public enum ElementType: Equatable, Sendable {
  case float(bits: Int)
  case integer(bits: Int, signed: Bool)
  /// The enumeration that h5py writes for `bool`: FALSE = 0, TRUE = 1 in eight bits.
  case boolean
  /// Strings, compounds, other enumerations: nothing that this module reads.
  case other(String)

  /// Single precision.
  public static var float32: Self { .float(bits: 32) }
  /// Double precision.
  public static var float64: Self { .float(bits: 64) }
}

extension ElementType: CustomStringConvertible {
  /// In words, for messages.
  public var description: String {
    switch self {
    case .float(let bits): "\(bits)-bit floating-point numbers"
    case .integer(let bits, let signed): "\(bits)-bit \(signed ? "" : "unsigned ")integers"
    case .boolean: "booleans"
    case .other(let name): name
    }
  }
}

/// A Swift type that datasets can hold. The conformances below are all there are.
public protocol HDF5Element: BitwiseCopyable {
  /// The type as which it is stored.
  static var elementType: ElementType { get }
}

extension Float: HDF5Element { public static var elementType: ElementType { .float32 } }
extension Double: HDF5Element { public static var elementType: ElementType { .float64 } }
extension UInt8: HDF5Element { public static var elementType: ElementType { .integer(bits: 8, signed: false) } }
extension Int32: HDF5Element { public static var elementType: ElementType { .integer(bits: 32, signed: true) } }
extension Int64: HDF5Element { public static var elementType: ElementType { .integer(bits: 64, signed: true) } }
extension Int: HDF5Element { public static var elementType: ElementType { .integer(bits: 64, signed: true) } }
extension UInt64: HDF5Element { public static var elementType: ElementType { .integer(bits: 64, signed: false) } }
extension Bool: HDF5Element { public static var elementType: ElementType { .boolean } }

extension ElementType {
  /// Whether stored elements of this type can be read as `wanted` without changing what they mean.
  ///
  /// Widths may differ (a value out of range is an error when it is met); integers may become floating-point numbers
  /// and, if they are 0 or 1, booleans; nothing else changes kind.
  func isReadable(as wanted: ElementType) -> Bool {
    switch (self, wanted) {
    // A file can claim elements of any width, and the library takes memory for them.
    case (.float(let bits), .float): bits <= 128
    case (.integer(let bits, _), .integer), (.integer(let bits, _), .float), (.integer(let bits, _), .boolean): bits <= 64
    case (.boolean, .boolean): true
    default: false
    }
  }

  /// Recognises the type behind an identifier.
  init(of type: borrowing Handle) {
    let id = type.id
    let bits = Library.call { H5Tget_size(id) } * 8
    switch Library.call({ H5Tget_class(id) }) {
    case H5T_FLOAT: self = .float(bits: bits)
    case H5T_INTEGER: self = .integer(bits: bits, signed: Library.call { H5Tget_sign(id) } == H5T_SGN_2)
    case H5T_ENUM: self = Self.isBoolean(id, bits: bits) ? .boolean : .other("an enumeration")
    case H5T_STRING: self = .other("strings")
    case H5T_COMPOUND: self = .other("compounds")
    case H5T_ARRAY: self = .other("arrays")
    case H5T_VLEN: self = .other("sequences of varying length")
    default: self = .other("elements of an unsupported type")
    }
  }

  private static func isBoolean(_ id: hid_t, bits: Int) -> Bool {
    guard bits == 8, Library.call({ H5Tget_nmembers(id) }) == 2 else { return false }
    func value(of name: String) -> Int8? {
      var value: Int8 = -1
      return Library.call { H5Tenum_valueof(id, name, &value) } < 0 ? nil : value
    }
    return value(of: "FALSE") == 0 && value(of: "TRUE") == 1
  }

  /// An HDF5 type with this layout, for memory and for new files. Only for types that an ``HDF5Element`` has.
  /// - Parameter orThrow: makes the error of a failed call.
  func makeType(orThrow error: ([String]) -> HDF5Error) throws(HDF5Error) -> Handle {
    let predefined = Library.call {
      switch self {
      case .float(bits: 32): shim_native_float()
      case .float(bits: 64): shim_native_double()
      case .integer(bits: 8, signed: false): shim_native_uint8()
      case .integer(bits: 8, signed: true): shim_native_int8()
      case .integer(bits: 32, signed: true): shim_native_int32()
      case .integer(bits: 64, signed: true): shim_native_int64()
      case .integer(bits: 64, signed: false): shim_native_uint64()
      case .boolean: shim_native_int8()
      default: hid_t(-1)
      }
    }
    demand(predefined >= 0, "no HDF5Element is stored as \(self)")
    guard self == .boolean else { return try Handle({ H5Tcopy(predefined) }, orThrow: error) }
    let type = try Handle({ H5Tenum_create(predefined) }, orThrow: error)
    for (name, value) in [("FALSE", Int8(0)), ("TRUE", Int8(1))] {
      let id = type.id
      try Library.check({ withUnsafePointer(to: value) { H5Tenum_insert(id, name, $0) } }, orThrow: error)
    }
    return type
  }
}
