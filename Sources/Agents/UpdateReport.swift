/// What one update says of itself: named numbers, means over the batch unless their names say otherwise.
///
/// An agent lists its scalars once; whatever logs, averages or stores them goes by their names.
public final class UpdateReport {
  /// A number and how to find it in what an update leaves behind.
  public struct Scalar {
    /// As learning curves name it: `critic_loss`.
    public let name: String
    /// What learning has diverged in when the number is not finite, in words; `nil` where that is no error.
    public let mustBeFinite: String?
    public let measure: () -> Double

    public init(_ name: String, mustBeFinite: String? = nil, _ measure: @escaping () -> Double) {
      self.name = name
      self.mustBeFinite = mustBeFinite
      self.measure = measure
    }
  }

  public let names: [String]
  /// Of the last update, in the order of ``names``.
  public private(set) var values: [Double]
  private let scalars: [Scalar]

  public init(_ scalars: [Scalar]) {
    self.scalars = scalars
    names = scalars.map(\.name)
    values = Array(repeating: .nan, count: scalars.count)
  }

  /// The value of a scalar that the agent has.
  public subscript(_ name: String) -> Double? { names.firstIndex(of: name).map { values[$0] } }

  /// Measures every scalar now.
  public func take() {
    for index in 0..<scalars.count { values[index] = scalars[index].measure() }
  }

  /// - Throws: ``AgentError/diverged(quantity:value:)`` for the first number that had to be finite and is not.
  public func checkFinite() throws(AgentError) {
    for index in 0..<scalars.count {
      if let quantity = scalars[index].mustBeFinite, !values[index].isFinite {
        throw .diverged(quantity: quantity, value: values[index])
      }
    }
  }
}

/// Watches the phases of updates, to measure them.
public protocol UpdateObserver: AnyObject {
  func phaseBegan(_ name: String)
  func phaseEnded(_ name: String)
}
