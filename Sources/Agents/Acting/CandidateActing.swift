import LinearAlgebra
import Random
import RealModule

/// Chooses among several actions by their value, min(Q̄₁, Q̄₂), for a safe agent less λQ̄_C: the best one to be judged by, or one with
/// probability in proportion to exp(value/α) to explore; of those that a filter accepts or, where it accepts none, the first.
final class CandidateActing<S: Scalar>: ActingRule {
  enum Choice {
    case best
    case inProportion(Temperature)
  }

  private let first: any ActingRule<S>
  private let others: any ActingRule<S>
  private let choice: Choice
  private let value: any ActionValue<S>
  /// [candidates, actions].
  private let actions: Matrix<S>
  private var values: [Double]
  private var weights: [Double]
  private var areAccepted: [Bool]
  /// How many candidates the choice amounts to, 1/Σ probability², as a share of them all.
  private let effectiveShare = ActingScalar("candidate_share")

  /// - Parameters:
  ///   - first: makes the first candidate.
  ///   - others: makes the others.
  ///   - value: of one state's action.
  init(
    _ count: Int, first: any ActingRule<S>, others: any ActingRule<S>, choice: Choice, value: any ActionValue<S>, actionSize: Int
  ) {
    self.first = first
    self.others = others
    self.choice = choice
    self.value = value
    actions = Matrix(rows: count, columns: actionSize)
    values = Array(repeating: 0, count: count)
    weights = values
    areAccepted = Array(repeating: true, count: count)
  }

  var scalars: [ActingScalar] {
    if case .best = choice { return others.scalars }
    return [effectiveShare] + others.scalars
  }

  func beginEpisode(at observation: Matrix<S>) {
    first.beginEpisode(at: observation)
    others.beginEpisode(at: observation)
  }

  func action(at observation: Matrix<S>, using generator: inout SeededGenerator) -> Matrix<S> {
    value.begin(at: observation)
    for index in 0..<actions.rows {
      let rule = index == 0 ? first : others
      let candidate = actions.rows(index..<index + 1)
      candidate.copy(from: rule.action(at: observation, using: &generator))
      // Its value is that of what would be applied.
      candidate.clip()
      areAccepted[index] = rule.isAccepted
      value.evaluate(actions: candidate)
      values[index] = Double(value.values.pointer[0])
    }
    let chosen = choose(using: &generator)
    return actions.rows(chosen..<chosen + 1)
  }

  private func choose(using generator: inout SeededGenerator) -> Int {
    var best: Int?
    for index in values.indices where areAccepted[index] {
      // By the negated comparison, so that NaN is chosen and shows.
      if best.map({ !(values[index] <= values[$0]) }) ?? true { best = index }
    }
    guard let best else { return 0 }
    guard case .inProportion(let temperature) = choice else { return best }
    var sum = 0.0
    for index in values.indices {
      weights[index] = areAccepted[index] ? Double.exp((values[index] - values[best]) / temperature.alpha) : 0
      sum += weights[index]
    }
    guard sum.isFinite else { return best }
    var squares = 0.0
    for weight in weights { squares += (weight / sum) * (weight / sum) }
    effectiveShare.add(1 / squares / Double(weights.count))
    var rest = generator.uniform(0, sum)
    for index in weights.indices where weights[index] > 0 {
      rest -= weights[index]
      if rest < 0 { return index }
    }
    return best
  }
}

extension Matrix {
  /// Every element to within [-1, 1]; NaN stays.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package func clip() {
    for row in 0..<rows {
      let line = pointer + row * stride
      for column in 0..<columns {
        let x = line[column]
        line[column] = x < -1 ? -1 : (x > 1 ? 1 : x)
      }
    }
  }
}
