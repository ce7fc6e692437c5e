import LinearAlgebra
import Random

/// The standard normal numbers of a policy's iterations: for each evaluation t = 0…T and each of its M samples, [rows, actions].
public struct IterationNoise<S: Scalar> {
  /// All of them as rows, evaluation by evaluation, sample by sample.
  public let values: Matrix<S>
  /// By evaluation and sample.
  let evaluations: [[Matrix<S>]]

  init(evaluations: Int, samples: Int, rows: Int, actionSize: Int) {
    let values = Matrix<S>(rows: evaluations * samples * rows, columns: actionSize)
    self.init(
      values,
      (0..<evaluations).map { t in
        (0..<samples).map { values.rows((t * samples + $0) * rows..<(t * samples + $0 + 1) * rows) }
      })
  }

  private init(_ values: Matrix<S>, _ evaluations: [[Matrix<S>]]) {
    self.values = values
    self.evaluations = evaluations
  }

  /// A view of some states' numbers.
  func rows(_ range: Range<Int>) -> IterationNoise {
    IterationNoise(values, evaluations.map { $0.map { $0.rows(range) } })
  }

  func draw(using generator: inout SeededGenerator) {
    for t in 0..<evaluations.count {
      for sample in 0..<evaluations[t].count { evaluations[t][sample].fillStandardNormal(using: &generator) }
    }
  }
}
