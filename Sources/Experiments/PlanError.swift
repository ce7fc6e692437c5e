import Configuration

/// What can be wrong with a plan, in one line each.
public enum PlanError: Error, Equatable, CustomStringConvertible {
  /// The file cannot be read, or holds no YAML; `reason` says where, if anywhere.
  case unreadable(file: String, reason: String)
  /// A plan has no such key.
  case unknownKey(String, nearest: String?, known: [String], source: String)
  /// A key that every plan has.
  case missingKey(String, file: String)
  /// A value is not what its key wants.
  case invalidValue(key: String, value: String, expectation: String, source: String)
  /// Settings of a plan cannot say what the plan itself says.
  case notASetting(key: String, instead: String, source: String)
  /// A name that can be no folder's.
  case notAFolderName(String, of: String, source: String)
  /// A command line's setting would make a variant what it is not.
  case overridesVariant(key: String, source: String, variant: String)
  /// Two runs of different settings in one folder.
  case sharedFolder(path: String, first: String, second: String)

  /// One line: what, where, what next.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "cannot read the plan '\(file)': \(reason)"
    case .unknownKey(let key, let nearest?, _, let source): "\(source): unknown key '\(key)'; did you mean '\(nearest)'?"
    case .unknownKey(let key, nil, let known, let source):
      "\(source): unknown key '\(key)'; a plan has \(known.joined(separator: ", "))"
    case .missingKey(let key, let file): "\(file): '\(key)' is missing"
    case .invalidValue(let key, let value, let expectation, let source):
      "\(source): '\(key)' cannot be '\(value)'; it must be \(expectation)"
    case .notASetting(let key, let instead, let source): "\(source): '\(key)' is not among a plan's settings; \(instead)"
    case .notAFolderName(let name, let what, let source):
      "\(source): \(what) '\(name)' can be no folder's name: no slash, no control character, no dot or space at the beginning, at most "
        + "\(Settings.longestName) bytes"
    case .overridesVariant(let key, let source, let variant):
      "\(source): '\(key)' is what the variant '\(variant)' sets; its runs would not be what they are called"
    case .sharedFolder(let path, let first, let second):
      "two runs of different settings would share the folder '\(path)': those of \(first) and of \(second); give one plan another name, "
        + "or its runs a variant"
    }
  }
}
