import LinearAlgebra
import NeuralNetworks

/// Every number of one update, by the names that probes write.
public struct ProbeReport<S: Scalar> {
  /// Row-major.
  public var tensors: [(name: String, shape: [Int], values: [S])] = []
  public var scalars: [(name: String, value: Double)] = []
  public var gradients: [(name: String, gradient: ParameterSet<S>)] = []

  public init() {}

  /// Takes a copy: what is reported may be computed anew.
  public mutating func add(_ name: String, _ matrix: Matrix<S>) {
    tensors.append((name, [matrix.rows, matrix.columns], matrix.array.flatMap { $0 }))
  }

  /// Takes a copy.
  public mutating func add(_ name: String, _ vector: Vector<S>) { tensors.append((name, [vector.count], vector.array)) }

  /// Takes a copy of several matrices of one shape, stacked.
  public mutating func add(_ name: String, _ matrices: [Matrix<S>]) {
    demand(!matrices.isEmpty, "a stack of no matrices has no shape")
    let shape = [matrices.count, matrices[0].rows, matrices[0].columns]
    tensors.append((name, shape, matrices.flatMap { $0.array.flatMap { $0 } }))
  }
}
