import Experience
import Gym
import HDF5

/// Transitions recorded beforehand, in memory to be learned from: a file in D4RL's layout, a run's `replay.h5` among them.
///
/// The file has `observations` [N, n], `actions` [N, d] in [-1, 1], `rewards` [N] and `terminals` [N]; `costs` [N] where the run records a
/// cost. With `next_observations` [N, n] every row is a transition. Without, rows are paired as D4RL pairs them: each with the row that
/// follows, and rows of `timeouts` [N] and the last, which nothing follows, are left out.
/// - Source: `qlearning_dataset` of D4RL's `d4rl/__init__.py` (github.com/Farama-Foundation/D4RL).
package struct OfflineDataset {
  /// The newest `capacity` transitions, in the file's order.
  package let replay: ReplayBuffer
  package let identity: Identity
  /// Those of the file, more than ``replay`` holds where memory is for fewer.
  package let transitionCount: Int

  /// What a run remembers of its data, so that it goes on with these and no others.
  package struct Identity: Equatable {
    /// Rows of the file that the run knows: another run's history may have grown since.
    package var rows: Int
    /// Of what is in ``OfflineDataset/replay``.
    package var digest: String

    /// What a checkpoint says of the data that its run learns from; `nil` where the run acts.
    package init?(of file: HDF5File) throws {
      guard try file.attributeExists("dataset_rows") else { return nil }
      rows = try file.attribute("dataset_rows")
      digest = try file.attribute("dataset_digest")
    }

    init(rows: Int, digest: String) {
      self.rows = rows
      self.digest = digest
    }

    package func write(to file: HDF5File) throws {
      try file.setAttribute("dataset_rows", rows)
      try file.setAttribute("dataset_digest", digest)
    }
  }

  /// Reads a file.
  /// - Parameters:
  ///   - rows: how many of its rows to take, those that a run has begun with; `nil` for all.
  ///   - storesCosts: whether transitions are to carry a safety cost.
  ///   - capacity: transitions that memory is for.
  ///   - requireMemory: throws where there is none for so many transitions.
  /// - Throws: ``OfflineDatasetError`` for what does not suit the task; `HDF5Error` for a file that cannot be read.
  package init(
    contentsOf path: String, rows known: Int? = nil, for facts: EnvironmentSpecification, storesCosts: Bool, capacity: Int,
    requireMemory: (Int) throws -> Void
  ) throws {
    let columns = try Columns(path, facts, storesCosts: storesCosts, rows: known)
    let kept = try columns.transitions()
    guard !kept.isEmpty else { throw OfflineDatasetError(file: path, "it holds no transition") }
    let first = kept.count - min(kept.count, capacity)
    try requireMemory(kept.count - first)
    replay = ReplayBuffer(
      capacity: kept.count - first, observationSize: facts.observationSize, actionSize: facts.actionSize, storesCosts: storesCosts)
    replay.beginReload(at: 0)
    let digest = try columns.read(kept[first...], into: replay)
    transitionCount = kept.count
    identity = Identity(rows: columns.rowCount, digest: String(digest, radix: 16))
  }
}

/// Why a file cannot be learned from.
public struct OfflineDatasetError: Error, Equatable, CustomStringConvertible {
  /// As it was named.
  public let file: String
  /// What is wrong, and what would be right.
  public let reason: String

  init(file: String, _ reason: String) {
    self.file = file
    self.reason = reason
  }

  /// One line.
  public var description: String { "cannot learn from '\(file)': \(reason)" }
}

/// The datasets of a file, once it is certain that they are of one length and the task's sizes.
private struct Columns {
  let path: String
  let n: Int
  let d: Int
  let rowCount: Int
  let observations: Dataset
  let actions: Dataset
  let rewards: Dataset
  let terminals: Dataset
  let timeouts: Dataset?
  let nextObservations: Dataset?
  let costs: Dataset?

  static let layout = "D4RL's layout is observations, actions, rewards, terminals and timeouts, a row a step"

  init(_ path: String, _ facts: EnvironmentSpecification, storesCosts: Bool, rows known: Int?) throws {
    self.path = path
    (n, d) = (facts.observationSize, facts.actionSize)
    func wrong(_ reason: String) -> OfflineDatasetError { OfflineDatasetError(file: path, reason) }
    let (file, isComplete) = try Self.open(path)
    if try file.attributeExists("environment"), case .text(let recorded) = try file.attributeValue("environment"), recorded != facts.id {
      throw wrong("it was recorded in \(recorded), and the run's environment is \(facts.id)")
    }
    func dataset<Element: HDF5Element>(_ name: String, of type: Element.Type, width: Int?) throws -> Dataset? {
      guard try file.exists(name) else { return nil }
      let dataset = try file.dataset(name)
      try dataset.requireElements(of: type)
      let shape = try dataset.shape
      guard shape.count == (width == nil ? 1 : 2), width == nil || shape[1] == width else {
        let expected = width.map { "[rows, \($0)] for \(facts.id)" } ?? "[rows]"
        throw wrong("'\(name)' has shape \(shape), it must be \(expected)")
      }
      try dataset.requirePlausibleShape()
      return dataset
    }
    func needed<Element: HDF5Element>(_ name: String, of type: Element.Type, width: Int? = nil) throws -> Dataset {
      guard let dataset = try dataset(name, of: type, width: width) else { throw wrong("it has no '\(name)'; \(Self.layout)") }
      return dataset
    }
    observations = try needed("observations", of: Float.self, width: n)
    actions = try needed("actions", of: Float.self, width: d)
    rewards = try needed("rewards", of: Float.self)
    terminals = try needed("terminals", of: Bool.self)
    timeouts = try dataset("timeouts", of: Bool.self, width: nil)
    nextObservations = try dataset("next_observations", of: Float.self, width: n)
    if nextObservations == nil && timeouts == nil {
      throw wrong("it has neither 'next_observations' nor 'timeouts', so that nothing says which state followed which; \(Self.layout)")
    }
    costs = storesCosts ? try dataset("costs", of: Float.self, width: nil) : nil
    if storesCosts && costs == nil { throw wrong("it has no 'costs', and the run records a cost; with cost 'none' it does not") }
    let all = [observations, actions, rewards, terminals] + [timeouts, nextObservations, costs].compactMap(\.self)
    let counts = try all.map { try $0.rowCount }
    let present = counts.min() ?? 0
    // A run at work may have got further with one dataset than with another.
    if isComplete, let odd = counts.firstIndex(where: { $0 != counts[0] }) {
      throw wrong("'\(all[odd].path.dropFirst())' has \(counts[odd]) rows, 'observations' \(counts[0]); each row is one step")
    }
    if let known, known > present {
      throw wrong("it has \(present) rows, and the run began with \(known); put the file back that it began with, or start over with --fresh")
    }
    rowCount = known ?? present
  }

  /// - Returns: the file, and whether nobody is writing it.
  private static func open(_ path: String) throws -> (HDF5File, isComplete: Bool) {
    do {
      return (try HDF5File.open(at: path), true)
    } catch HDF5Error.markedAsBeingWritten {
      return (try HDF5File.open(at: path, mode: .readOnlyAfterWriter), false)
    } catch HDF5Error.fileMissing {
      throw OfflineDatasetError(file: path, "there is no such file")
    }
  }

  /// Rows that are transitions.
  func transitions() throws -> [Int] {
    if nextObservations != nil { return Array(0..<rowCount) }
    guard rowCount > 0, let timeouts else { return [] }
    let isCut: [Bool] = try timeouts.read(rows: 0..<rowCount)
    return (0..<rowCount - 1).filter { !isCut[$0] }
  }

  private static let blockRows = 1024

  /// Reads some transitions, checked.
  /// - Parameter kept: rows, ascending.
  /// - Returns: a digest of them.
  func read(_ kept: ArraySlice<Int>, into replay: ReplayBuffer) throws -> UInt64 {
    var digest = ContentDigest()
    var position = kept.startIndex
    while position < kept.endIndex {
      let start = kept[position]
      // One row more: what the last of the block leads to, or whether it leads there.
      let block = try Block(self, rows: start..<min(start + Self.blockRows, rowCount), end: min(start + Self.blockRows + 1, rowCount))
      while position < kept.endIndex, kept[position] < block.rows.upperBound {
        let row = kept[position]
        let follower = position + 1 < kept.endIndex ? kept[position + 1] : nil
        try block.check(row)
        block.withStep(row) { step in
          let leadsOn = follower == row + 1 && block.leadsOn(row)
          digest.absorb(step)
          replay.reload(step, leadsOn: leadsOn)
        }
        position += 1
      }
    }
    return digest.value
  }

  /// Some rows in memory, and the observation that follows them.
  private struct Block {
    let rows: Range<Int>
    private let columns: Columns
    private let observations: [Float]
    private let nextObservations: [Float]?
    private let actions: [Float]
    private let rewards: [Float]
    private let costs: [Float]?
    private let terminals: [Bool]
    private let timeouts: [Bool]?

    init(_ columns: Columns, rows: Range<Int>, end: Int) throws {
      self.columns = columns
      self.rows = rows
      observations = try columns.observations.read(rows: rows.lowerBound..<end)
      nextObservations = try columns.nextObservations?.read(rows: rows)
      actions = try columns.actions.read(rows: rows)
      rewards = try columns.rewards.read(rows: rows)
      costs = try columns.costs?.read(rows: rows)
      terminals = try columns.terminals.read(rows: rows)
      timeouts = try columns.timeouts?.read(rows: rows)
    }

    private func values(_ array: [Float], _ row: Int, _ width: Int) -> ArraySlice<Float> {
      array[(row - rows.lowerBound) * width..<(row - rows.lowerBound + 1) * width]
    }

    private func next(_ row: Int) -> ArraySlice<Float> {
      nextObservations.map { values($0, row, columns.n) } ?? values(observations, row + 1, columns.n)
    }

    /// Whether a row's next observation is the observation of the row below it, to the bit.
    func leadsOn(_ row: Int) -> Bool {
      guard nextObservations != nil else { return true }
      return zip(next(row), values(observations, row + 1, columns.n)).allSatisfy { $0.bitPattern == $1.bitPattern }
    }

    /// - Throws: ``OfflineDatasetError`` where a number is none that a step can have.
    func check(_ row: Int) throws(OfflineDatasetError) {
      func require(_ name: String, _ values: some Sequence<Float>) throws(OfflineDatasetError) {
        for value in values where !value.isFinite {
          throw OfflineDatasetError(file: columns.path, "'\(name)' is \(value) in row \(row); numbers must be finite")
        }
      }
      let index = row - rows.lowerBound
      try require("observations", values(observations, row, columns.n))
      // What an episode ended with may be what ended it: no target looks at it.
      if !terminals[index] { try require(nextObservations == nil ? "observations" : "next_observations", next(row)) }
      try require("rewards", CollectionOfOne(rewards[index]))
      if let costs { try require("costs", CollectionOfOne(costs[index])) }
      let action = values(actions, row, columns.d)
      try require("actions", action)
      for value in action where abs(value) > 1 {
        throw OfflineDatasetError(file: columns.path, "'actions' is \(value) in row \(row); actions are within [-1, 1]")
      }
    }

    func withStep(_ row: Int, _ body: (StoredStep) -> Void) {
      let index = row - rows.lowerBound
      let isTerminal = terminals[index]
      values(observations, row, columns.n).withUnsafeBufferPointer { observation in
        values(actions, row, columns.d).withUnsafeBufferPointer { action in
          next(row).withUnsafeBufferPointer { next in
            body(
              StoredStep(
                observation: observation, action: action, nextObservation: next, reward: rewards[index], cost: costs?[index] ?? 0,
                // Never both: the task's own end wins.
                terminal: isTerminal, timeout: !isTerminal && timeouts?[index] == true))
          }
        }
      }
    }
  }
}

/// Tells one dataset from another; no defence against malice.
///
/// Each 32-bit word is multiplied in by FNV-1a's 64-bit prime, the high bits folded back into the low ones.
private struct ContentDigest {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  private mutating func absorb(_ word: UInt32) {
    value = (value ^ UInt64(word)) &* 0x100_0000_01B3
    value ^= value >> 32
  }

  mutating func absorb(_ step: StoredStep) {
    for numbers in [step.observation, step.action, step.nextObservation] {
      for number in numbers { absorb(number.bitPattern) }
    }
    absorb(step.reward.bitPattern)
    absorb(step.cost.bitPattern)
    absorb(step.terminal ? 1 : 0)
  }
}
