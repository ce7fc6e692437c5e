import LinearAlgebra
import RealModule

/// Adam's constants; the paper's defaults but for the step size, which is SAC's.
public struct AdamSettings: Sendable, Equatable {
  public var learningRate = 3e-4
  public var beta1 = 0.9
  public var beta2 = 0.999
  public var epsilon = 1e-8

  public init(learningRate: Double = 3e-4) { self.learningRate = learningRate }
}

/// Adam with bias correction (Kingma and Ba 2015, algorithm 1), over one parameter set.
public final class Adam<S: Scalar> {
  public let parameters: ParameterSet<S>
  public let settings: AdamSettings
  /// Moving averages of the gradient and of its square.
  public let firstMoment: ParameterSet<S>
  public let secondMoment: ParameterSet<S>
  /// Steps begun, t in the paper.
  public var steps = 0

  public init(_ parameters: ParameterSet<S>, settings: AdamSettings) {
    self.parameters = parameters
    self.settings = settings
    firstMoment = parameters.zeros()
    secondMoment = parameters.zeros()
  }

  /// Begins step t + 1; each part of the parameters is then to be updated once.
  public func beginStep() { steps += 1 }

  /// Updates the parameters in `range` by their gradients there, which come in shares to be added up.
  public func update(_ range: Range<Int>, gradientShares: [Vector<S>]) {
    let gradient = gradientShares[0][range]
    for share in gradientShares.dropFirst() { gradient.add(share[range]) }
    let t = Double(steps)
    step(
      range, gradient,
      stepSize: S(settings.learningRate / (1 - Double.pow(settings.beta1, t))),
      secondCorrection: S(1 / (1 - Double.pow(settings.beta2, t)).squareRoot()),
      beta1: S(settings.beta1), beta2: S(settings.beta2), epsilon: S(settings.epsilon))
  }

  // m ← β₁m + (1 − β₁)g    v ← β₂v + (1 − β₂)g²    θ ← θ − η/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε)
  @specialized(where S == Float)
  @specialized(where S == Double)
  private func step(
    _ range: Range<Int>, _ gradient: Vector<S>, stepSize: S, secondCorrection: S, beta1: S, beta2: S, epsilon: S
  ) {
    let theta = parameters.values.pointer + range.lowerBound
    let first = firstMoment.values.pointer + range.lowerBound
    let second = secondMoment.values.pointer + range.lowerBound
    for index in 0..<range.count {
      let g = gradient.pointer[index]
      let m = beta1 * first[index] + (1 - beta1) * g
      let v = beta2 * second[index] + (1 - beta2) * (g * g)
      first[index] = m
      second[index] = v
      theta[index] -= stepSize * m / (v.squareRoot() * secondCorrection + epsilon)
    }
  }
}
