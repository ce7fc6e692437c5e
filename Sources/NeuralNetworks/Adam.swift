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
  package let firstMoment: ParameterSet<S>
  package let secondMoment: ParameterSet<S>
  /// Steps begun, t in the paper.
  package var steps = 0
  /// Where more shares of a gradient than two are added up, so that the caller's stay as they are.
  private let sum: Vector<S>

  /// - Parameter gradientShares: most shares that a gradient comes in.
  public init(_ parameters: ParameterSet<S>, settings: AdamSettings, gradientShares: Int = 1) {
    self.parameters = parameters
    self.settings = settings
    sum = Vector(count: gradientShares > 2 ? parameters.count : 0)
    firstMoment = parameters.zeros()
    secondMoment = parameters.zeros()
  }

  /// Begins step t + 1; each part of the parameters is then to be updated once.
  public func beginStep() { steps += 1 }

  /// Updates the parameters in `range` by their gradients there, which come in shares to be added up.
  ///
  /// Ranges that do not overlap may be updated side by side.
  public func update(_ range: Range<Int>, gradientShares: [Vector<S>]) {
    // Two shares, the usual number, are added on the way.
    var gradient = gradientShares[0][range]
    if gradientShares.count > 2 {
      demand(sum.count == parameters.count, "\(gradientShares.count) gradient shares, but Adam was made for at most 2")
      sum[range].copy(from: gradient)
      gradient = sum[range]
      for index in 2..<gradientShares.count { gradient.add(gradientShares[index][range]) }
    }
    let other = gradientShares.count > 1 ? UnsafePointer(gradientShares[1][range].pointer) : nil
    let t = Double(steps)
    S.adamStep(
      theta: parameters.values[range].pointer, first: firstMoment.values[range].pointer,
      second: secondMoment.values[range].pointer, gradient: gradient.pointer, other: other, range.count,
      AdamConstants(
        beta1: S(settings.beta1), beta2: S(settings.beta2), share1: S(1 - settings.beta1), share2: S(1 - settings.beta2),
        stepSize: S(settings.learningRate / (1 - Double.pow(settings.beta1, t))),
        scale: S(1 / (1 - Double.pow(settings.beta2, t)).squareRoot()), epsilon: S(settings.epsilon)))
  }
}
