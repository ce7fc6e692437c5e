import Environments
import HDF5
import LinearAlgebra

/// What a result was computed with.
public enum Versions {
  /// This program's own.
  public static let program = "0.1.0"

  /// The instruction set of the loops that the program's own numbers go through: the best that the machine has, or the one forced.
  public static var instructions: String { Kernel.current.instructions }

  /// By name, for attributes and `hpo --version`.
  public static var all: [(name: String, version: String)] { rounding + [("hdf5_version", HDF5File.libraryVersion)] }

  /// Those that decide how numbers round: a run continued under others is not, to the last bit, the one that was never interrupted.
  static var rounding: [(name: String, version: String)] {
    [
      ("program_version", program), ("mujoco_version", EnvironmentCatalog.simulatorVersion),
      ("bullet_version", EnvironmentCatalog.bulletVersion), ("openblas_version", BLAS.description),
      ("instructions", instructions),
    ]
  }
}
