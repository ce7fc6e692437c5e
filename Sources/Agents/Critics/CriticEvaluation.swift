import LinearAlgebra
import NeuralNetworks

/// One critic's Q(s, ·) over many actions of the same states, with ∇ₐQ but no parameter gradients.
///
/// s Wₛᵀ + b is computed once for all of them, and only the action columns of the first layer are back-propagated through.
package final class CriticEvaluation<S: Scalar> {
  let critic: MultilayerPerceptron<S>
  private let first: PartlyFixedLayer<S>
  private let hidden: [Matrix<S>]
  private let normalizations: [LayerNormalization<S>.Memory]
  private let output: Matrix<S>
  private let deltas: [Matrix<S>]
  private let actionDelta: Matrix<S>
  private var observations: Matrix<S>
  private var isPrepared = false

  /// [rows], of the last ``evaluate(actions:)``.
  package var values: Vector<S> { output.elements }

  package init(_ critic: MultilayerPerceptron<S>, actionSize: Int, rows: Int) {
    self.critic = critic
    first = PartlyFixedLayer(critic.layers[0], fixedInputs: critic.inputs - actionSize, rows: rows)
    let sizes = critic.sizes[1..<critic.sizes.count - 1]
    hidden = sizes.map { Matrix(rows: rows, columns: $0) }
    normalizations = critic.normalizations.map { LayerNormalization.Memory(rows: rows, units: $0.units) }
    deltas = sizes.map { Matrix(rows: rows, columns: $0) }
    output = Matrix(rows: rows, columns: 1)
    actionDelta = Matrix(rows: rows, columns: actionSize)
    observations = Matrix(rows: 0, columns: critic.inputs - actionSize)
  }

  /// Sets the states, [rows, observations], that the following evaluations are about; their share is computed when it is needed.
  package func begin(at observations: Matrix<S>) {
    self.observations = observations
    isPrepared = false
  }

  package func evaluate(actions: Matrix<S>) {
    if !isPrepared { first.prepare(fixed: observations) }
    isPrepared = true
    if critic.isNormalized {
      first.forward(varying: actions, into: normalizations[0].standardized, activation: .identity)
      normalize(0)
    } else {
      first.forward(varying: actions, into: hidden[0], activation: .relu)
    }
    for index in 1..<hidden.count {
      if critic.isNormalized {
        critic.layers[index].forward(hidden[index - 1], into: normalizations[index].standardized)
        normalize(index)
      } else {
        critic.layers[index].forward(hidden[index - 1], into: hidden[index], activation: .relu)
      }
    }
    critic.layers[hidden.count].forward(hidden[hidden.count - 1], into: output)
  }

  private func normalize(_ index: Int) {
    critic.normalizations[index].forward(normalizations[index], into: hidden[index], activation: .relu)
  }

  /// Row r of `gradient` ← ∇ₐQ of the last evaluation, for the rows listed and no others.
  package func actionGradient(rows: RowList, into gradient: Matrix<S>) {
    let count = rows.count
    if count == 0 { return }
    let last = hidden.count - 1
    var delta = deltas[last].rows(0..<count)
    delta.setReLUBackward(of: critic.layers[hidden.count].weight, output: hidden[last], rows: rows)
    for index in stride(from: last, through: 1, by: -1) {
      if critic.isNormalized { critic.normalizations[index].backward(delta, normalizations[index], rows: rows) }
      let previous = deltas[index - 1].rows(0..<count)
      critic.layers[index].setInputGradient(
        previous, outputGradient: delta, finish: .keepWherePositive(output: hidden[index - 1], rows: rows))
      delta = previous
    }
    if critic.isNormalized { critic.normalizations[0].backward(delta, normalizations[0], rows: rows) }
    let found = actionDelta.rows(0..<count)
    found.setProduct(delta, first.varyingWeight)
    gradient.scatter(found, rows: rows)
  }
}

extension Matrix {
  /// self[i] ← weight where output[rows[i]] > 0, else 0: the last layer's weights through its ReLU, one output.
  @specialized(where S == Float)
  @specialized(where S == Double)
  func setReLUBackward(of weight: Matrix, output: Matrix, rows list: RowList) {
    for index in 0..<list.count {
      let y = output.pointer + Int(list.storage[index]) * output.stride
      S.copyWherePositive(pointer + index * stride, weight.pointer, y, columns)
    }
  }

  /// self[rows[i]] ← source[i].
  @specialized(where S == Float)
  @specialized(where S == Double)
  func scatter(_ source: Matrix, rows list: RowList) {
    for index in 0..<list.count {
      (pointer + Int(list.storage[index]) * stride).update(from: source.pointer + index * source.stride, count: columns)
    }
  }
}
