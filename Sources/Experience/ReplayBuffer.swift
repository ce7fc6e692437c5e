import LinearAlgebra
import Random

/// The last `capacity` transitions, in memory.
///
/// Consecutive steps share an observation: a step's next observation is the next step's observation, stored once. Only where an
/// episode ended is the final observation kept beside.
public final class ReplayBuffer {
  /// Transitions that it can hold.
  public let capacity: Int
  /// Numbers in an observation.
  public let observationSize: Int
  /// Numbers in an action.
  public let actionSize: Int
  /// Transitions ever appended: environment steps of the run.
  public private(set) var stepsTaken = 0
  /// Transitions held now.
  public var count: Int { slotsFilled }
  private var slotsFilled = 0

  // Step t lives in slot t mod capacity.
  private let observations: UnsafeMutablePointer<Float>
  private let actions: UnsafeMutablePointer<Float>
  private let rewards: UnsafeMutablePointer<Float>
  private let costs: UnsafeMutablePointer<Float>?
  private let terminals: UnsafeMutablePointer<Bool>
  private let timeouts: UnsafeMutablePointer<Bool>
  /// Where in `finalObservations` an ended episode's last observation is; −1 while the episode went on.
  private let finalIndices: UnsafeMutablePointer<Int32>
  private var finalObservations: UnsafeMutablePointer<Float>
  private var finalCapacity = 64
  private var finalCount = 0
  private var freeFinalIndices: [Int32] = []
  /// The newest step's next observation, until the next step brings it as its own.
  private let newest: UnsafeMutablePointer<Float>
  private var drawnSlots: [Int] = []

  /// - Parameter storesCosts: whether transitions carry a safety cost.
  public init(capacity: Int, observationSize: Int, actionSize: Int, storesCosts: Bool = false) {
    demand(capacity > 0 && observationSize > 0 && actionSize > 0, "a buffer of \(capacity) needs positive sizes")
    self.capacity = capacity
    self.observationSize = observationSize
    self.actionSize = actionSize
    // Memory is taken from the system page by page as steps come in; large pages, for steps are drawn from all over it.
    observations = LargePages.allocate(bytes: capacity * observationSize * MemoryLayout<Float>.stride)
      .bindMemory(to: Float.self, capacity: capacity * observationSize)
    actions = .allocate(capacity: capacity * actionSize)
    rewards = .allocate(capacity: capacity)
    costs = storesCosts ? .allocate(capacity: capacity) : nil
    terminals = .allocate(capacity: capacity)
    timeouts = .allocate(capacity: capacity)
    finalIndices = .allocate(capacity: capacity)
    newest = .allocate(capacity: observationSize)
    finalObservations = .allocate(capacity: finalCapacity * observationSize)
    freeFinalIndices.reserveCapacity(64)
  }

  deinit {
    observations.deallocate()
    actions.deallocate()
    rewards.deallocate()
    costs?.deallocate()
    terminals.deallocate()
    timeouts.deallocate()
    finalIndices.deallocate()
    newest.deallocate()
    finalObservations.deallocate()
  }

  /// Memory of one held step, bytes.
  public static func bytesPerStep(_ observationSize: Int, _ actionSize: Int) -> Int {
    MemoryLayout<Float>.size * (observationSize + actionSize + 2) + 2 + MemoryLayout<Int32>.size
  }

  /// Whether transitions carry a safety cost.
  public var storesCosts: Bool { costs != nil }

  /// Whether the newest step led to this observation, as it is stored.
  public func newestObservationIs(_ observation: [Double]) -> Bool {
    demand(
      stepsTaken > 0 && observation.count == observationSize,
      "an observation of \(observation.count) beside a buffer of \(stepsTaken) steps with \(observationSize)")
    return observation.indices.allSatisfy { newest[$0] == Float(observation[$0]) }
  }

  /// Takes the newest step for its episode's last, cut without terminating.
  public func cutNewest() {
    demand(count > 0, "an empty buffer has no newest step")
    let slot = (stepsTaken - 1) % capacity
    if finalIndices[slot] < 0 { finish(slot, terminal: false, timeout: true) }
  }

  /// Begins to fill an empty buffer with the steps of a stored history from `firstStep` on: as many as the buffer holds, or all.
  package func beginReload(at firstStep: Int) {
    demand(stepsTaken == 0, "a buffer that holds \(count) steps cannot be reloaded")
    stepsTaken = firstStep
  }

  /// Stores one step as a file has it; after ``beginReload(at:)``.
  ///
  /// Where it does not begin where the step before led to, an episode was cut between them, whether or not the file says so.
  /// - Parameter leadsOn: whether the step that is stored next begins where this one ended. Where it does not, as after an episode's end,
  ///   the state that this one led to is kept beside.
  package func reload(_ step: StoredStep, leadsOn: Bool = true) {
    if count > 0, !step.observation.elementsEqual(UnsafeBufferPointer(start: newest, count: observationSize)) { cutNewest() }
    let slot = takeSlot()
    (observations + slot * observationSize).update(from: pointer(step.observation), count: observationSize)
    newest.update(from: pointer(step.nextObservation), count: observationSize)
    (actions + slot * actionSize).update(from: pointer(step.action), count: actionSize)
    rewards[slot] = step.reward
    costs?[slot] = step.cost
    finish(slot, terminal: step.terminal, timeout: step.timeout, leadsOn: leadsOn)
  }

  private func pointer(_ values: UnsafeBufferPointer<Float>) -> UnsafePointer<Float> {
    guard let base = values.baseAddress else { trap("a stored step has no values") }
    return base
  }

  /// Stores one step, forgetting the oldest when full.
  /// - Parameters:
  ///   - terminal: the task's rules ended the episode.
  ///   - timeout: the episode was cut without terminating; never together with `terminal`.
  public func append(
    observation: [Double], action: [Float], reward: Double, cost: Double = 0, nextObservation: [Double], terminal: Bool,
    timeout: Bool
  ) {
    demand(
      observation.count == observationSize && nextObservation.count == observationSize && action.count == actionSize,
      "a step of \(observation.count), \(nextObservation.count) observations and \(action.count) actions for a buffer of "
        + "\(observationSize) and \(actionSize)")
    demand(!(terminal && timeout), "a step cannot be both terminal and a timeout")
    let slot = takeSlot()
    let state = observations + slot * observationSize
    for index in 0..<observationSize { state[index] = Float(observation[index]) }
    for index in 0..<observationSize { newest[index] = Float(nextObservation[index]) }
    for index in 0..<actionSize { actions[slot * actionSize + index] = action[index] }
    rewards[slot] = Float(reward)
    costs?[slot] = Float(cost)
    finish(slot, terminal: terminal, timeout: timeout)
  }

  private func finish(_ slot: Int, terminal: Bool, timeout: Bool, leadsOn: Bool = true) {
    terminals[slot] = terminal
    timeouts[slot] = timeout
    finalIndices[slot] = terminal || timeout || !leadsOn ? keepFinalObservation() : -1
  }

  /// Fills a minibatch with steps drawn uniformly, with replacement.
  public func sample(into batch: Minibatch<Float>, using generator: inout SeededGenerator) {
    demand(count > 0, "nothing to sample from: the buffer is empty")
    demand(
      batch.observations.columns == observationSize && batch.actions.columns == actionSize,
      "a minibatch of \(batch.observations.columns) and \(batch.actions.columns) for a buffer of \(observationSize) and "
        + "\(actionSize)")
    // The steps lie far apart in memory: all are asked for before the first is read.
    if drawnSlots.count < batch.size { drawnSlots = Array(repeating: 0, count: batch.size) }
    for row in 0..<batch.size {
      let slot = generator.index(below: count)
      drawnSlots[row] = slot
      prefetch(observations + slot * observationSize, count: 2 * observationSize)
      prefetch(actions + slot * actionSize, count: actionSize)
      prefetch(rewards + slot, count: 1)
      prefetch(terminals + slot, count: 1)
      prefetch(finalIndices + slot, count: 1)
    }
    for row in 0..<batch.size { copy(slot: drawnSlots[row], to: row, of: batch) }
  }

  /// The steps from `step` on that are still held, in order; to write them to a file.
  package func forEachStep(from step: Int, _ body: (StoredStep) throws -> Void) rethrows {
    demand(step >= stepsTaken - count, "step \(step) is forgotten; the oldest held is \(stepsTaken - count)")
    for t in step..<max(step, stepsTaken) {
      let slot = t % capacity
      try body(
        StoredStep(
          observation: UnsafeBufferPointer(start: observations + slot * observationSize, count: observationSize),
          action: UnsafeBufferPointer(start: actions + slot * actionSize, count: actionSize),
          nextObservation: UnsafeBufferPointer(start: nextObservation(slot), count: observationSize),
          reward: rewards[slot], cost: costs?[slot] ?? 0, terminal: terminals[slot], timeout: timeouts[slot]))
    }
  }

  private func takeSlot() -> Int {
    let slot = stepsTaken % capacity
    if slotsFilled == capacity, finalIndices[slot] >= 0 { freeFinalIndices.append(finalIndices[slot]) }
    stepsTaken += 1
    slotsFilled = min(slotsFilled + 1, capacity)
    return slot
  }

  private func keepFinalObservation() -> Int32 {
    let index = freeFinalIndices.popLast() ?? nextFinalIndex()
    (finalObservations + Int(index) * observationSize).update(from: newest, count: observationSize)
    return index
  }

  private func nextFinalIndex() -> Int32 {
    if finalCount == finalCapacity {
      let larger = UnsafeMutablePointer<Float>.allocate(capacity: 2 * finalCapacity * observationSize)
      larger.update(from: finalObservations, count: finalCount * observationSize)
      finalObservations.deallocate()
      finalObservations = larger
      finalCapacity *= 2
    }
    finalCount += 1
    return Int32(finalCount - 1)
  }

  private func copy(slot: Int, to row: Int, of batch: Minibatch<Float>) {
    let state = batch.stateActions.pointer + row * batch.stateActions.stride
    state.update(from: observations + slot * observationSize, count: observationSize)
    (state + observationSize).update(from: actions + slot * actionSize, count: actionSize)
    (batch.nextObservations.pointer + row * observationSize).update(from: nextObservation(slot), count: observationSize)
    batch.rewards.pointer[row] = rewards[slot]
    batch.costs.pointer[row] = costs?[slot] ?? 0
    batch.terminals.pointer[row] = terminals[slot] ? 1 : 0
  }

  private func nextObservation(_ slot: Int) -> UnsafePointer<Float> {
    if finalIndices[slot] >= 0 { return UnsafePointer(finalObservations + Int(finalIndices[slot]) * observationSize) }
    if slot == (stepsTaken - 1) % capacity { return UnsafePointer(newest) }
    return UnsafePointer(observations + (slot + 1) % capacity * observationSize)
  }
}

/// One step as it is stored; memory is lent for the duration of a call.
package struct StoredStep {
  /// [observations]: before the step.
  package let observation: UnsafeBufferPointer<Float>
  /// [actions], in [-1, 1].
  package let action: UnsafeBufferPointer<Float>
  /// [observations]: after the step, an episode's last included.
  package let nextObservation: UnsafeBufferPointer<Float>
  /// In the task's units.
  package let reward: Float
  /// Safety cost; 0 where none is stored.
  package let cost: Float
  /// Whether the task's rules ended the episode.
  package let terminal: Bool
  /// Whether it was cut without terminating.
  package let timeout: Bool

  /// Shapes and units as those of the properties.
  package init(
    observation: UnsafeBufferPointer<Float>, action: UnsafeBufferPointer<Float>,
    nextObservation: UnsafeBufferPointer<Float>, reward: Float, cost: Float, terminal: Bool, timeout: Bool
  ) {
    self.observation = observation
    self.action = action
    self.nextObservation = nextObservation
    self.reward = reward
    self.cost = cost
    self.terminal = terminal
    self.timeout = timeout
  }
}
