import LinearAlgebra
import NeuralNetworks
import Random

/// Something that an agent keeps between updates, under the path that checkpoints give it.
public struct AgentState<S: Scalar> {
  /// `optimizers/policy/first_moment`.
  public let path: String
  public let value: Value

  /// How it is read and put back.
  public enum Value {
    /// Tensors below the path, read and filled in place.
    case tensors(ParameterSet<S>)
    /// A finite number.
    case number(get: () -> Double, set: (Double) -> Void)
    /// At least 0.
    case count(get: () -> Int, set: (Int) -> Void)
    /// Finite numbers, at most `limit` of them.
    case numbers(get: () -> [Double], set: ([Double]) -> Void, limit: Int)
    case generator(get: () -> SeededGenerator, set: (SeededGenerator) -> Void)
  }

  public init(_ path: String, _ value: Value) {
    self.path = path
    self.value = value
  }
}
