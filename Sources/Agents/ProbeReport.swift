import LinearAlgebra
import NeuralNetworks

/// Every number of one update, by the names that probes write.
public struct ProbeReport<S: Scalar> {
  /// [batch, actions].
  public var matrices: [(name: String, values: Matrix<S>)] = []
  /// [batch].
  public var vectors: [(name: String, values: Vector<S>)] = []
  public var scalars: [(name: String, value: Double)] = []
  public var gradients: [(name: String, gradient: ParameterSet<S>)] = []

  public init() {}

  /// Takes a copy: what is reported may be computed anew.
  public mutating func add(_ name: String, _ matrix: Matrix<S>) {
    let copy = Matrix<S>(rows: matrix.rows, columns: matrix.columns)
    copy.copy(from: matrix)
    matrices.append((name, copy))
  }

  /// Takes a copy.
  public mutating func add(_ name: String, _ vector: Vector<S>) { vectors.append((name, Vector(vector.array))) }
}
