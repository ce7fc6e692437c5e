import Agents
import HDF5
import LinearAlgebra
import Random

// How an agent's state lies in a file: tensors and generators as datasets, single numbers as attributes of the group that their path
// names.

extension Group {
  /// Writes one part of an agent's state at its path below this group.
  package func write(_ item: AgentState<Float>) throws {
    let (path, name) = item.place
    switch item.value {
    case .tensors(let parameters): try descendant(item.path).write(parameters)
    case .number(let get, _): try descendant(path).setAttribute(name, get())
    case .count(let get, _): try descendant(path).setAttribute(name, get())
    case .numbers(let get, _, _): try descendant(path).write(name, get())
    case .generator(let get, _): try descendant(path).write(name, get())
    }
  }

  /// Reads one part of an agent's state back; nothing that is not finite or not possible.
  package func read(_ item: AgentState<Float>) throws {
    let (path, name) = item.place
    if case .tensors(let parameters) = item.value { return try group(item.path).read(into: parameters) }
    let group = path.isEmpty ? self : try group(path)
    switch item.value {
    case .tensors: break
    case .number(_, let set):
      let value: Double = try group.attribute(name)
      guard value.isFinite else { throw CheckpointError.notFinite(object: group.path, file: filePath) }
      set(value)
    case .count(_, let set): set(try group.count(name))
    case .numbers(_, let set, let limit):
      let values: [Double] = try group.read(name, shape: [nil], elementLimit: limit)
      guard values.allSatisfy(\.isFinite) else { throw CheckpointError.notFinite(object: "\(group.path)/\(name)", file: filePath) }
      set(values)
    case .generator(_, let set): set(try group.generator(name))
    }
  }

  /// The group at a path below this one, made where it is missing; this one for no path.
  private func descendant(_ path: String) throws -> Group {
    var group = self
    for name in path.split(separator: "/").map(String.init) {
      group = try group.childNames.contains(name) ? group.group(name) : group.createGroup(name)
    }
    return group
  }

  package func write(_ name: String, _ generator: SeededGenerator) throws {
    let state = generator.state
    try write(name, [state.0, state.1, state.2, state.3])
  }

  package func generator(_ name: String) throws -> SeededGenerator {
    let words: [UInt64] = try read(name, shape: [4])
    guard let generator = SeededGenerator(state: (words[0], words[1], words[2], words[3])) else {
      throw CheckpointError.impossibleState(object: "\(path)/\(name)", file: filePath)
    }
    return generator
  }

  /// An attribute that counts something.
  package func count(_ name: String) throws -> Int {
    let value: Int = try attribute(name)
    // What is added to it later must not overflow.
    guard (0...1 << 53).contains(value) else { throw CheckpointError.impossibleState(object: "\(path) \(name)", file: filePath) }
    return value
  }
}

extension AgentState {
  /// The path up to its last component, and that.
  fileprivate var place: (path: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return ("", path) }
    return (String(path[..<slash]), String(path[path.index(after: slash)...]))
  }
}
