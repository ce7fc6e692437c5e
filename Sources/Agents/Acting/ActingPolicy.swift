import LinearAlgebra
import Random

/// Chooses actions one state at a time, exploring or as it is evaluated. It follows its agent's parameters as they change.
public final class ActingPolicy<S: Scalar> {
  private let exploration: any ActingRule<S>
  private let evaluation: any ActingRule<S>
  private let observation: Matrix<S>
  private let actionSize: Int
  /// What exploring and evaluating say of the actions that they chose.
  public let explorationScalars: [ActingScalar]
  public let evaluationScalars: [ActingScalar]

  public init(exploration: any ActingRule<S>, evaluation: any ActingRule<S>, observationSize: Int, actionSize: Int) {
    self.exploration = exploration
    self.evaluation = evaluation
    self.actionSize = actionSize
    observation = Matrix(rows: 1, columns: observationSize)
    explorationScalars = exploration.scalars
    evaluationScalars = evaluation.scalars
  }

  /// Takes note of an episode's first state, which a constraint may refer to.
  public func beginEpisode(at state: [Double]) {
    load(state)
    exploration.beginEpisode(at: observation)
    evaluation.beginEpisode(at: observation)
  }

  /// An action that explores.
  /// - Parameters:
  ///   - state: [observations].
  ///   - action: receives [actions] in [-1, 1].
  /// - Throws: ``AgentError/diverged(quantity:value:)`` when the action is not finite.
  public func explore(
    _ state: [Double], into action: inout [Float], using generator: inout SeededGenerator
  ) throws(AgentError) {
    load(state)
    try store(exploration.action(at: observation, using: &generator), into: &action)
  }

  /// The action that the agent is judged by.
  /// - Parameter generator: for rules that draw; one that does not leaves it alone.
  /// - Throws: ``AgentError/diverged(quantity:value:)`` when the action is not finite.
  public func exploit(
    _ state: [Double], into action: inout [Float], using generator: inout SeededGenerator
  ) throws(AgentError) {
    load(state)
    try store(evaluation.action(at: observation, using: &generator), into: &action)
  }

  private func load(_ state: [Double]) {
    demand(state.count == observation.columns, "\(state.count) observations, \(observation.columns) expected")
    // Through Float, as replay keeps them: the networks see the same state when acting and when learning.
    for index in 0..<state.count { observation.pointer[index] = S(Float(state[index])) }
  }

  private func store(_ chosen: Matrix<S>, into action: inout [Float]) throws(AgentError) {
    demand(action.count == actionSize, "room for \(action.count) actions, \(actionSize) expected")
    for index in 0..<action.count {
      let value = Float(chosen.pointer[index])
      // A simulator may take NaN for 0, so it would not show.
      guard value.isFinite else { throw .diverged(quantity: "action", value: Double(value)) }
      // `reflect` may leave the box by a rounding error; tasks take [-1, 1].
      action[index] = min(max(value, -1), 1)
    }
  }
}
