import LinearAlgebra
import Random
import Testing

/// Checks ∂f/∂values, element by element, against central differences of `f` in Double.
///
/// With a step of 3e-6, rounding (ulp of f ÷ step) and curvature (step² f‴) of a loss of up to about 100 stay below the tolerance.
public func expectGradient(
  _ gradient: Vector<Double>, of f: () -> Double, at values: Vector<Double>, step: Double = 3e-6,
  tolerance: Double = 2e-7, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(gradient.count == values.count, comment, sourceLocation: sourceLocation)
  var worst = (error: 0.0, index: 0, found: 0.0, expected: 0.0)
  for index in 0..<values.count {
    let original = values[index]
    values[index] = original + step
    let above = f()
    values[index] = original - step
    let below = f()
    values[index] = original
    let expected = (above - below) / (2 * step)
    let error = abs(gradient[index] - expected) / max(1, abs(expected))
    if !(error <= worst.error) { worst = (error, index, gradient[index], expected) }
  }
  #expect(
    worst.error <= tolerance,
    "element \(worst.index): \(worst.found), central difference \(worst.expected)\(comment.map { "; \($0)" } ?? "")",
    sourceLocation: sourceLocation)
}

extension Vector where S == Double {
  /// Fills with independent uniform numbers.
  public func fillUniform(_ low: Double, _ high: Double, using generator: inout SeededGenerator) {
    for index in 0..<count { self[index] = generator.uniform(low, high) }
  }
}
