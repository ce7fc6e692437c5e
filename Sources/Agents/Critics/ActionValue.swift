import LinearAlgebra
import NeuralNetworks

/// A function of actions that a policy climbs: Q(s, ·) and its gradient, for a batch of states.
///
/// The critics are ReLU networks, piecewise linear in the action, so ∇ₐQ is itself constant almost everywhere: whoever
/// differentiates further treats it as a constant and is exact. Normalised critics are not: there ∇ₐQ is treated as a constant by
/// definition.
package protocol ActionValue<S>: AnyObject {
  associatedtype S: Scalar
  /// Sets the states, [rows, observations], that the following evaluations are about.
  func begin(at observations: Matrix<S>)
  /// Evaluates actions, [rows, actions].
  func evaluate(actions: Matrix<S>)
  /// [rows], of the last evaluation.
  var values: Vector<S> { get }
  /// gradient ← ∇ₐ of the values of the last evaluation, [rows, actions].
  func actionGradient(into gradient: Matrix<S>)
}

/// min(Q₁, Q₂), whose gradient is that of the smaller critic, row by row.
///
/// Rows are grouped by their smaller critic, so as many rows travel back as there are, not twice as many.
package final class TwinMinimum<S: Scalar>: ActionValue {
  private let first: CriticEvaluation<S>
  private let second: CriticEvaluation<S>
  private let rows: Int
  private let order: UnsafeMutablePointer<Int32>
  private var firstCount = 0
  package let values: Vector<S>

  package init(_ critic1: MultilayerPerceptron<S>, _ critic2: MultilayerPerceptron<S>, actionSize: Int, rows: Int) {
    first = CriticEvaluation(critic1, actionSize: actionSize, rows: rows)
    second = CriticEvaluation(critic2, actionSize: actionSize, rows: rows)
    self.rows = rows
    order = .allocate(capacity: rows)
    values = Vector(count: rows)
  }

  deinit { order.deallocate() }

  package func begin(at observations: Matrix<S>) {
    first.begin(at: observations)
    second.begin(at: observations)
  }

  package func evaluate(actions: Matrix<S>) {
    first.evaluate(actions: actions)
    second.evaluate(actions: actions)
    firstCount = setMinimum(first.values, second.values)
  }

  package func actionGradient(into gradient: Matrix<S>) {
    first.actionGradient(rows: RowList(storage: order, count: firstCount), into: gradient)
    second.actionGradient(rows: RowList(storage: order + firstCount, count: rows - firstCount), into: gradient)
  }

  /// Fills values and order: rows where `q1` is the smaller, or NaN, come first. Returns how many those are.
  @specialized(where S == Float)
  @specialized(where S == Double)
  private func setMinimum(_ q1: Vector<S>, _ q2: Vector<S>) -> Int {
    var count = 0
    func isFirst(_ row: Int) -> Bool { q1.pointer[row] <= q2.pointer[row] || q1.pointer[row].isNaN }
    for row in 0..<rows where isFirst(row) {
      values.pointer[row] = q1.pointer[row]
      order[count] = Int32(row)
      count += 1
    }
    var next = count
    for row in 0..<rows where !isFirst(row) {
      values.pointer[row] = q2.pointer[row]
      order[next] = Int32(row)
      next += 1
    }
    return count
  }
}

/// A single critic's value: the discounted safety cost Q_C.
package final class SingleCritic<S: Scalar>: ActionValue {
  private let evaluation: CriticEvaluation<S>
  private let rows: Int
  private let order: UnsafeMutablePointer<Int32>

  package init(_ critic: MultilayerPerceptron<S>, actionSize: Int, rows: Int) {
    evaluation = CriticEvaluation(critic, actionSize: actionSize, rows: rows)
    self.rows = rows
    order = .allocate(capacity: rows)
    for row in 0..<rows { order[row] = Int32(row) }
  }

  deinit { order.deallocate() }

  package var values: Vector<S> { evaluation.values }
  package func begin(at observations: Matrix<S>) { evaluation.begin(at: observations) }
  package func evaluate(actions: Matrix<S>) { evaluation.evaluate(actions: actions) }
  package func actionGradient(into gradient: Matrix<S>) {
    evaluation.actionGradient(rows: RowList(storage: order, count: rows), into: gradient)
  }
}

/// Q − λ·Q_C: what a safe agent climbs. The paper's scan prints "+", but costs are positive, so it must be minus.
package final class PenalizedActionValue<S: Scalar>: ActionValue {
  private let reward: ActionValueSurface<S>
  private let cost: ActionValueSurface<S>
  private let multiplier: Multiplier
  package let values: Vector<S>

  package init(reward: ActionValueSurface<S>, cost: ActionValueSurface<S>, multiplier: Multiplier, rows: Int) {
    self.reward = reward
    self.cost = cost
    self.multiplier = multiplier
    values = Vector(count: rows)
  }

  package func begin(at observations: Matrix<S>) {
    reward.begin(at: observations)
    cost.begin(at: observations)
  }

  package func evaluate(actions: Matrix<S>) {
    reward.evaluate(actions: actions)
    cost.evaluate(actions: actions)
    let asRow = values.matrix(rows: 1, columns: values.count)
    values.copy(from: reward.values)
    asRow.add(cost.values.matrix(rows: 1, columns: values.count), scaledBy: -S(multiplier.value))
  }

  package func actionGradient(into gradient: Matrix<S>) {
    gradient.copy(from: reward.actionGradient)
    gradient.add(cost.actionGradient, scaledBy: -S(multiplier.value))
  }
}
