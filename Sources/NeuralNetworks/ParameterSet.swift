import LinearAlgebra

/// A network's parameters (or their gradients, or an optimiser's moments of them) in one piece of memory, with the names and shapes
/// of the tensors within: optimisers and averages make one pass, files find each tensor.
public struct ParameterSet<S: Scalar> {
  public struct Tensor: Sendable, Equatable {
    /// Path below the network's name, as checkpoints lay it out: `0/weight`.
    public let name: String
    /// Row-major: `[outputs, inputs]` for a weight, `[outputs]` for a bias.
    public let shape: [Int]
    public let range: Range<Int>
  }

  public let values: Vector<S>
  public let tensors: [Tensor]

  /// Zeros.
  public init(_ shapes: [(name: String, shape: [Int])]) {
    var tensors: [Tensor] = []
    var end = 0
    for (name, shape) in shapes {
      let start = end
      end += shape.reduce(1, *)
      tensors.append(Tensor(name: name, shape: shape, range: start..<end))
    }
    self.tensors = tensors
    values = Vector(count: end)
  }

  public var count: Int { values.count }

  /// A view of one tensor's numbers.
  public func values(of tensor: Tensor) -> Vector<S> { values[tensor.range] }

  /// Zeros of the same names and shapes.
  public func zeros() -> ParameterSet { ParameterSet(tensors.map { ($0.name, $0.shape) }) }
}
