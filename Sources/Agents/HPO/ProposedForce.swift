import LinearAlgebra
import NeuralNetworks
import RealModule

/// The proposed leapfrog's force (paper eq. 13): the normalised gradient and what a network makes of it, mixed by a gate.
///
///     g(s, a)    = −∇Q(s, a) / ‖∇Q(s, a)‖₂                       per row; 0/0 is 0
///     F(s, a, g) = σ_h(s, a, g) ⊙ g + (1 − σ_h(s, a, g)) ⊙ T_h(s, a, g)
final class ProposedForce<S: Scalar>: LeapfrogForce {
  private let coordinates: any LeapfrogCoordinates<S>
  private let transform: LeapfrogNetwork<S>
  private let gate: LeapfrogNetwork<S>
  private let actionSize: Int
  /// [a, g] of each evaluation, [rows, 2·actions].
  private let inputs: [Matrix<S>]
  private let transformGradient: Matrix<S>
  private let gateGradient: Matrix<S>
  /// ∂L/∂h.
  private let gradients: (transform: MultilayerPerceptron<S>, gate: MultilayerPerceptron<S>)

  init(
    _ coordinates: any LeapfrogCoordinates<S>, transform: MultilayerPerceptron<S>, gate: MultilayerPerceptron<S>, actionSize: Int,
    evaluations: Int, rows: Int
  ) {
    self.coordinates = coordinates
    self.actionSize = actionSize
    let stateSize = transform.inputs - 2 * actionSize
    self.transform = LeapfrogNetwork(
      transform, outputActivation: .identity, stateSize: stateSize, actionSize: actionSize, evaluations: evaluations,
      rows: rows)
    self.gate = LeapfrogNetwork(
      gate, outputActivation: .sigmoid, stateSize: stateSize, actionSize: actionSize, evaluations: evaluations, rows: rows)
    inputs = (0..<evaluations).map { _ in Matrix(rows: rows, columns: 2 * actionSize) }
    transformGradient = Matrix(rows: rows, columns: actionSize)
    gateGradient = Matrix(rows: rows, columns: actionSize)
    gradients = (transform.zeros(), gate.zeros())
  }

  func prepare(observations: Matrix<S>) {
    transform.prepare(observations: observations)
    gate.prepare(observations: observations)
  }

  func evaluate(_ index: Int, at position: Matrix<S>, into force: Matrix<S>) {
    coordinates.evaluate(at: position)
    let input = inputs[index]
    input.columns(0..<actionSize).copy(from: position)
    let g = input.columns(actionSize..<2 * actionSize)
    g.setNegatedDirections(of: coordinates.gradient)
    transform.evaluate(index, input: input)
    gate.evaluate(index, input: input)
    force.setGated(gate: gate.outputs[index], g, transform.outputs[index])
  }

  func beginBackward() {
    transform.beginBackward(gradient: gradients.transform)
    gate.beginBackward(gradient: gradients.gate)
  }

  // ∂L/∂σ = ∂L/∂F ⊙ (g − T)      ∂L/∂T = ∂L/∂F ⊙ (1 − σ)      g is constant: Q is piecewise linear in a
  func backward(_ index: Int, forceGradient: Matrix<S>, positionGradient: Matrix<S>) {
    let input = inputs[index]
    let g = input.columns(actionSize..<2 * actionSize)
    forceGradient.splitGated(
      gate: gate.outputs[index], g, transform.outputs[index], gateGradient: gateGradient,
      transformGradient: transformGradient)
    transform.backward(
      index, outputGradient: transformGradient, input: input, gradient: gradients.transform,
      positionGradient: positionGradient)
    gate.backward(
      index, outputGradient: gateGradient, input: input, gradient: gradients.gate, positionGradient: positionGradient)
  }

  func finishBackward(observations: Matrix<S>) {
    transform.finishBackward(observations: observations, gradient: gradients.transform)
    gate.finishBackward(observations: observations, gradient: gradients.gate)
  }

  var trained: [ParameterGradient<S>] {
    [
      ParameterGradient("leapfrog_transform", transform.network.parameters, gradient: gradients.transform.parameters),
      ParameterGradient("leapfrog_gate", gate.network.parameters, gradient: gradients.gate.parameters),
    ]
  }

  /// Σ over rows and components of σ_h at the last evaluation: how much of the gradient is taken as it is.
  func gateSum() -> Double { gate.outputs[gate.outputs.count - 1].elements.sum() }
}

extension Matrix {
  /// Row r of self ← −v/‖v‖₂ with v row r of `gradients`, 0 where v is 0.
  @specialized(where S == Float)
  @specialized(where S == Double)
  func setNegatedDirections(of gradients: Matrix) {
    demand(gradients.rows == rows && gradients.columns == columns, "directions of \(gradients.shape) into \(shape)")
    for row in 0..<rows {
      let v = gradients.pointer + row * gradients.stride
      let line = pointer + row * stride
      // The largest component first, so that no square under- or overflows.
      var largest: S = 0
      // By the negated comparison, so that NaN stays and shows.
      for column in 0..<columns where !(abs(v[column]) <= largest) { largest = abs(v[column]) }
      if largest == 0 {
        for column in 0..<columns { line[column] = 0 }
        continue
      }
      var sum: S = 0
      for column in 0..<columns {
        let scaled = v[column] / largest
        sum += scaled * scaled
      }
      let norm = sum.squareRoot()
      for column in 0..<columns { line[column] = -(v[column] / largest) / norm }
    }
  }

  /// self ← σ ⊙ g + (1 − σ) ⊙ T.
  @specialized(where S == Float)
  @specialized(where S == Double)
  func setGated(gate: Matrix, _ g: Matrix, _ transform: Matrix) {
    for row in 0..<rows {
      let line = pointer + row * stride
      let sigma = gate.pointer + row * gate.stride
      let direction = g.pointer + row * g.stride
      let t = transform.pointer + row * transform.stride
      for column in 0..<columns {
        line[column] = sigma[column] * direction[column] + (1 - sigma[column]) * t[column]
      }
    }
  }

  /// Back through ``setGated(gate:_:_:)``, self being ∂L/∂F.
  @specialized(where S == Float)
  @specialized(where S == Double)
  func splitGated(gate: Matrix, _ g: Matrix, _ transform: Matrix, gateGradient: Matrix, transformGradient: Matrix) {
    for row in 0..<rows {
      let line = pointer + row * stride
      let sigma = gate.pointer + row * gate.stride
      let direction = g.pointer + row * g.stride
      let t = transform.pointer + row * transform.stride
      let toGate = gateGradient.pointer + row * gateGradient.stride
      let toTransform = transformGradient.pointer + row * transformGradient.stride
      for column in 0..<columns {
        toGate[column] = line[column] * (direction[column] - t[column])
        toTransform[column] = line[column] * (1 - sigma[column])
      }
    }
  }
}
