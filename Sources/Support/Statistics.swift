/// Mean and population standard deviation, as `numpy.mean` and `numpy.std`.
public struct Statistics: Sendable, Equatable {
  /// In the values' units.
  public var mean: Double
  /// Of the population, in the values' units.
  public var standardDeviation: Double

  /// NaN for no values.
  public init(_ values: [Double]) {
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    standardDeviation = (values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(values.count)).squareRoot()
  }
}

/// The middle one, or the mean of the middle two; NaN without any.
public func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  guard !sorted.isEmpty else { return .nan }
  return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}
