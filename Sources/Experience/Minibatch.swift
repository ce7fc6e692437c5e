import LinearAlgebra

/// Transitions drawn for one update, row i of every member belonging to the same one.
public final class Minibatch<S: Scalar> {
  /// Transitions, B.
  public let size: Int
  /// [size, observations + actions]: what a critic reads.
  public let stateActions: Matrix<S>
  /// Views of ``stateActions``: [size, observations] and [size, actions], actions in [-1, 1].
  public let observations: Matrix<S>
  /// [size, actions], a view too.
  public let actions: Matrix<S>
  /// [size, observations].
  public let nextObservations: Matrix<S>
  /// [size].
  public let rewards: Vector<S>
  /// [size]: safety cost of the transition; zeros where there is none.
  public let costs: Vector<S>
  /// [size]: 1 where the task's rules ended the episode, 0 elsewhere, time limits included.
  public let terminals: Vector<S>

  /// Zeros, for a ``ReplayBuffer`` to fill.
  public init(size: Int, observationSize: Int, actionSize: Int) {
    self.size = size
    stateActions = Matrix(rows: size, columns: observationSize + actionSize)
    observations = stateActions.columns(0..<observationSize)
    actions = stateActions.columns(observationSize..<observationSize + actionSize)
    nextObservations = Matrix(rows: size, columns: observationSize)
    rewards = Vector(count: size)
    costs = Vector(count: size)
    terminals = Vector(count: size)
  }

  /// A view of some rows.
  public func rows(_ range: Range<Int>) -> Minibatch { Minibatch(self, range) }

  private init(_ batch: Minibatch, _ range: Range<Int>) {
    size = range.count
    stateActions = batch.stateActions.rows(range)
    observations = batch.observations.rows(range)
    actions = batch.actions.rows(range)
    nextObservations = batch.nextObservations.rows(range)
    rewards = batch.rewards[range]
    costs = batch.costs[range]
    terminals = batch.terminals[range]
  }
}
