import HDF5

/// Every dataset of a run's files by file and path, as its shape and the bits of its values; times and speeds aside, which no two runs
/// share.
public func runContents(of folder: String) throws -> [String: [String]] {
  var contents: [String: [String]] = [:]
  func visit(_ group: Group, _ file: String) throws {
    for child in try group.childNames {
      guard let dataset = try? group.dataset(child) else {
        try visit(try group.group(child), file)
        continue
      }
      if ["wall_seconds", "steps_per_second"].contains(child) { continue }
      let values: [String] =
        switch dataset.elementType {
        case .boolean: try dataset.read(as: Bool.self).map { "\($0)" }
        case .integer(_, signed: false): try dataset.read(as: UInt64.self).map { "\($0)" }
        case .integer: try dataset.read(as: Int64.self).map { "\($0)" }
        default: try dataset.read(as: Double.self).map { "\($0.bitPattern)" }
        }
      contents["\(file):\(dataset.path)"] = ["\(try dataset.shape)"] + values
    }
  }
  for file in ["curve.h5", "replay.h5", "checkpoint.h5", "best.h5"] {
    try visit(try HDF5File.open(at: "\(folder)/\(file)"), file)
  }
  return contents
}
