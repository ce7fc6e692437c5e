import Experience
import LinearAlgebra
import Random
import Testing

@Suite struct ReplayBufferTests {
  /// Episodes of the given lengths in which observation t of episode e is (e, t); every other one terminates, the rest time out.
  private func fill(_ buffer: ReplayBuffer, episodes: [Int]) {
    for (episode, length) in episodes.enumerated() {
      for t in 0..<length {
        let ends = t == length - 1
        buffer.append(
          observation: [Double(episode), Double(t)], action: [Float(t) / 100], reward: Double(10 * episode + t),
          nextObservation: [Double(episode), Double(t + 1)], terminal: ends && episode % 2 == 0,
          timeout: ends && episode % 2 == 1)
      }
    }
  }

  private func expectConsistent(_ buffer: ReplayBuffer, oldestHeld: Int) {
    var steps = 0
    buffer.forEachStep(from: oldestHeld) { step in
      #expect(step.nextObservation[0] == step.observation[0])
      #expect(step.nextObservation[1] == step.observation[1] + 1)
      #expect(step.reward == 10 * step.observation[0] + step.observation[1])
      #expect(step.action[0] == step.observation[1] / 100)
      steps += 1
    }
    #expect(steps == buffer.count)
  }

  @Test(arguments: [3, 7, 8, 20, 100])
  func `every held step keeps its own next observation, across episodes and when old steps are overwritten`(
    _ capacity: Int
  ) {
    let buffer = ReplayBuffer(capacity: capacity, observationSize: 2, actionSize: 1)
    fill(buffer, episodes: [4, 1, 1, 6, 2, 5, 9, 1, 3])
    #expect(buffer.stepsTaken == 32 && buffer.count == min(32, capacity))
    expectConsistent(buffer, oldestHeld: 32 - buffer.count)
  }

  @Test func `samples are uniform over what is held, with timeouts not marked terminal`() {
    let buffer = ReplayBuffer(capacity: 10, observationSize: 2, actionSize: 1)
    fill(buffer, episodes: [6, 8])
    let batch = Minibatch<Float>(size: 1000, observationSize: 2, actionSize: 1)
    var generator = SeededGenerator(seed: 9)
    var seen: [Float: Int] = [:]
    for _ in 0..<10 {
      buffer.sample(into: batch, using: &generator)
      for row in 0..<batch.size {
        seen[batch.rewards[row], default: 0] += 1
        #expect(batch.nextObservations[row, 1] == batch.observations[row, 1] + 1)
        #expect(batch.nextObservations[row, 0] == batch.observations[row, 0])
        #expect(batch.terminals[row] == (batch.rewards[row] == 5 ? 1 : 0))
      }
    }
    // Ten steps of 14 are held: rewards 4, 5, 10…17. Expected 1000 each, standard deviation 30.
    #expect(Set(seen.keys) == [4, 5, 10, 11, 12, 13, 14, 15, 16, 17])
    #expect(seen.values.allSatisfy { abs($0 - 1000) < 130 })
  }

  @Test(arguments: [2, 3, 100]) func `an episode that a file does not say was cut keeps its last observation`(_ capacity: Int) {
    let buffer = ReplayBuffer(capacity: capacity, observationSize: 1, actionSize: 1)
    buffer.beginReload(at: 0)
    // The step to 2 is followed by one from 7.
    for (from, to) in [(0, 1), (1, 2), (7, 8), (8, 9)] as [(Float, Float)] {
      withUnsafePointers([from], [to]) { observation, next in
        buffer.reload(
          StoredStep(
            observation: observation, action: observation, nextObservation: next, reward: from, cost: 0, terminal: false, timeout: false))
      }
    }
    var held: [[Float]] = []
    buffer.forEachStep(from: max(0, 4 - capacity)) { held.append([$0.reward, $0.nextObservation[0]]) }
    #expect(held == Array([[0, 1], [1, 2], [7, 8], [8, 9]].suffix(capacity)))
  }

  private func withUnsafePointers(
    _ first: [Float], _ second: [Float], _ body: (UnsafeBufferPointer<Float>, UnsafeBufferPointer<Float>) -> Void
  ) {
    first.withUnsafeBufferPointer { first in second.withUnsafeBufferPointer { second in body(first, second) } }
  }
}
