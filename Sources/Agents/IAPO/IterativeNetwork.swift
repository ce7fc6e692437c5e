import LinearAlgebra
import NeuralNetworks
import Random
import RealModule

/// The optimiser that iterative amortised policy optimisation learns: from the state, the policy's parameters λ = (μ, ℓ = log σ) and
/// which way the objective falls, it makes better ones.
///
///     z  = ReLU MLP(x)                                                  two hidden layers: the trunk
///     w  = sigmoid(W′z + b′),   λ′ = w ⊙ λ + (1 − w) ⊙ (Wz + b)         for μ and for ℓ: a gated update
///     ℓ′ ← ℓmax − softplus(ℓmax − ℓ′), then ℓmin + softplus(ℓ′ − ℓmin)  soft bounds
///
/// - Source: Marino et al. 2020, arXiv:2010.10670, §3 and appendix B.
public struct IterativeNetwork<S: Scalar> {
  /// Bounds of log σ.
  public static var logStdBounds: (minimum: Double, maximum: Double) { (-10, 0.5) }

  /// Layers in order: trunk 0 and 1, then the heads `mean`, `mean_gate`, `log_std`, `log_std_gate`.
  public let parameters: ParameterSet<S>
  let layers: [Linear<S>]
  let actionSize: Int

  static var trunkLayers: Int { 2 }

  /// All parameters zero.
  public init(inputs: Int, hiddenSize: Int, actionSize: Int) {
    let sizes = [(hiddenSize, inputs), (hiddenSize, hiddenSize)] + Array(repeating: (actionSize, hiddenSize), count: 4)
    var shapes: [(name: String, shape: [Int])] = []
    for (index, (outputs, inputs)) in sizes.enumerated() {
      shapes += [("\(index)/weight", [outputs, inputs]), ("\(index)/bias", [outputs])]
    }
    let parameters = ParameterSet<S>(shapes)
    self.parameters = parameters
    layers = sizes.enumerated().map { index, size in
      Linear(
        weight: parameters.values(of: parameters.tensors[2 * index]).matrix(rows: size.0, columns: size.1),
        bias: parameters.values(of: parameters.tensors[2 * index + 1]))
    }
    self.actionSize = actionSize
  }

  /// The trunk uniform in ±1/√inputs; the heads zero, so that the first update halves the way to μ = 0 and ℓ = 0.
  public func initialize<Generator: RandomNumberGenerator>(using generator: inout Generator) {
    for index in 0..<Self.trunkLayers { layers[index].initialize(using: &generator) }
  }

  public var inputs: Int { layers[0].inputs }

  package func zeros() -> IterativeNetwork {
    IterativeNetwork(inputs: inputs, hiddenSize: layers[0].outputs, actionSize: actionSize)
  }
}

/// One update of λ by an ``IterativeNetwork`` for a fixed number of states, with what its way back needs.
package final class IterativeUpdate<S: Scalar> {
  private let network: IterativeNetwork<S>
  private let hidden: [Matrix<S>]
  private let hiddenGradients: [Matrix<S>]
  private let headGradient: Matrix<S>
  private let mean: GatedUpdate<S>
  private let logStd: GatedUpdate<S>

  package init(_ network: IterativeNetwork<S>, rows: Int) {
    self.network = network
    let units = network.layers[0].outputs
    hidden = (0..<IterativeNetwork<S>.trunkLayers).map { _ in Matrix(rows: rows, columns: units) }
    hiddenGradients = (0..<IterativeNetwork<S>.trunkLayers).map { _ in Matrix(rows: rows, columns: units) }
    headGradient = Matrix(rows: rows, columns: network.actionSize)
    mean = GatedUpdate(rows: rows, columns: network.actionSize)
    logStd = GatedUpdate(rows: rows, columns: network.actionSize)
  }

  /// - Parameters:
  ///   - input: x, [rows, inputs]; must stay as it is until the backward pass.
  ///   - oldMean, oldLogStd: λ, constants, [rows, actions].
  ///   - newMean, newLogStd: receive λ′.
  package func forward(
    input: Matrix<S>, oldMean: Matrix<S>, oldLogStd: Matrix<S>, newMean: Matrix<S>, newLogStd: Matrix<S>
  ) {
    let layers = network.layers
    layers[0].forward(input, into: hidden[0], activation: .relu)
    layers[1].forward(hidden[0], into: hidden[1], activation: .relu)
    let z = hidden[1]
    mean.forward(z, head: layers[2], gate: layers[3], old: oldMean, into: newMean)
    logStd.forward(z, head: layers[4], gate: layers[5], old: oldLogStd, into: logStd.unbounded)
    newLogStd.setSoftlyBounded(logStd.unbounded, IterativeNetwork<S>.logStdBounds)
  }

  /// Back through the last ``forward(input:oldMean:oldLogStd:newMean:newLogStd:)``; x and λ are constants.
  /// - Parameters:
  ///   - meanGradient, logStdGradient: ∂L/∂λ′; changed on the way.
  ///   - gradient: ∂L/∂parameters is added to it.
  package func backward(
    input: Matrix<S>, oldMean: Matrix<S>, oldLogStd: Matrix<S>, meanGradient: Matrix<S>, logStdGradient: Matrix<S>,
    gradient: IterativeNetwork<S>
  ) {
    let dz = hiddenGradients[1]
    dz.fill(0)
    logStdGradient.multiplyBySoftBoundDerivative(at: logStd.unbounded, IterativeNetwork<S>.logStdBounds)
    backward(mean, head: 2, outputGradient: meanGradient, old: oldMean, gradient)
    backward(logStd, head: 4, outputGradient: logStdGradient, old: oldLogStd, gradient)
    dz.multiplyByReLUDerivative(output: hidden[1])
    gradient.layers[1].setGradient(outputGradient: dz, input: hidden[0], accumulating: true)
    network.layers[1].setInputGradient(
      hiddenGradients[0], outputGradient: dz, finish: .keepWherePositive(output: hidden[0], rows: nil))
    gradient.layers[0].setGradient(outputGradient: hiddenGradients[0], input: input, accumulating: true)
  }

  /// Back through the layers `head` and `head + 1`, a proposal and its gate, adding to ∂L/∂z.
  private func backward(
    _ update: GatedUpdate<S>, head: Int, outputGradient: Matrix<S>, old: Matrix<S>, _ gradient: IterativeNetwork<S>
  ) {
    let (z, dz) = (hidden[1], hiddenGradients[1])
    update.setHeadGradient(headGradient, outputGradient: outputGradient)
    gradient.layers[head].setGradient(outputGradient: headGradient, input: z, accumulating: true)
    dz.setProduct(headGradient, network.layers[head].weight, from: .result)
    update.setGateGradient(headGradient, outputGradient: outputGradient, old: old)
    gradient.layers[head + 1].setGradient(outputGradient: headGradient, input: z, accumulating: true)
    dz.setProduct(headGradient, network.layers[head + 1].weight, from: .result)
  }
}

/// λ′ = w ⊙ λ + (1 − w) ⊙ y with w = sigmoid(W′z + b′), y = Wz + b.
private final class GatedUpdate<S: Scalar> {
  private let gate: Matrix<S>
  private let proposal: Matrix<S>
  /// Where the result goes before it is bounded.
  let unbounded: Matrix<S>

  init(rows: Int, columns: Int) {
    gate = Matrix(rows: rows, columns: columns)
    proposal = Matrix(rows: rows, columns: columns)
    unbounded = Matrix(rows: rows, columns: columns)
  }

  func forward(_ z: Matrix<S>, head: Linear<S>, gate gateLayer: Linear<S>, old: Matrix<S>, into new: Matrix<S>) {
    head.forward(z, into: proposal)
    gateLayer.forward(z, into: gate, activation: .sigmoid)
    new.setGated(gate: gate, old, proposal)
  }

  // ∂L/∂y = (1 − w) ⊙ ∂L/∂λ′      ∂L/∂(W′z + b′) = w(1 − w) ⊙ (λ − y) ⊙ ∂L/∂λ′

  @specialized(where S == Float)
  @specialized(where S == Double)
  func setHeadGradient(_ gradient: Matrix<S>, outputGradient: Matrix<S>) {
    for row in 0..<gate.rows {
      let line = gradient.pointer + row * gradient.stride
      let delta = outputGradient.pointer + row * outputGradient.stride
      let w = gate.pointer + row * gate.stride
      for column in 0..<gate.columns { line[column] = (1 - w[column]) * delta[column] }
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  func setGateGradient(_ gradient: Matrix<S>, outputGradient: Matrix<S>, old: Matrix<S>) {
    for row in 0..<gate.rows {
      let line = gradient.pointer + row * gradient.stride
      let delta = outputGradient.pointer + row * outputGradient.stride
      let w = gate.pointer + row * gate.stride
      let y = proposal.pointer + row * proposal.stride
      let lambda = old.pointer + row * old.stride
      for column in 0..<gate.columns {
        line[column] = w[column] * (1 - w[column]) * (lambda[column] - y[column]) * delta[column]
      }
    }
  }
}

extension Matrix {
  /// self ← max − softplus(max − x), then min + softplus(that − min), with x the elements of `values`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package func setSoftlyBounded(_ values: Matrix, _ bounds: (minimum: Double, maximum: Double)) {
    let (low, high) = (S(bounds.minimum), S(bounds.maximum))
    for row in 0..<rows {
      let line = pointer + row * stride
      let x = values.pointer + row * values.stride
      for column in 0..<columns { line[column] = low + softplus(high - softplus(high - x[column]) - low) }
    }
  }

  /// self ← self ⊙ ∂(softly bounded x)/∂x: sigmoid(max − x)·sigmoid(y − min), y being x after the upper bound.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package func multiplyBySoftBoundDerivative(at values: Matrix, _ bounds: (minimum: Double, maximum: Double)) {
    let (low, high) = (S(bounds.minimum), S(bounds.maximum))
    for row in 0..<rows {
      let line = pointer + row * stride
      let x = values.pointer + row * values.stride
      for column in 0..<columns {
        let below = high - softplus(high - x[column])
        line[column] *= 1 / (1 + S.exp(x[column] - high)) / (1 + S.exp(low - below))
      }
    }
  }
}

/// log(1 + eˣ), for any x.
@inline(__always)
private func softplus<S: Scalar>(_ x: S) -> S { max(x, 0) + S.log(onePlus: S.exp(-abs(x))) }
