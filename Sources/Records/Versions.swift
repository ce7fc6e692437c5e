import CBuildInfo
import Gym
import HDF5
import LinearAlgebra

/// What a result was computed with.
public enum Versions {
  /// This program's own.
  public static let program = "0.1.0"

  /// The commit that it was built from; `unknown` where it was not built by `make`.
  public static let commit = String(cString: build_commit())

  /// Whether what it was built from was that commit and nothing else.
  public static let isCommitClean = build_is_clean() != 0

  /// The compiler of the program and the C library that it runs with.
  public static let compiler = String(cString: build_compiler())
  public static let libc = String(cString: build_libc())

  /// The packages that it depends on, as `Package.swift` pins them.
  public static let packages = "swift-argument-parser 1.8.2, swift-numerics 1.1.1, swift-system 1.8.1, Yams 6.2.2"

  /// The instruction set of the loops that the program's own numbers go through: the best that the machine has, or the one forced.
  public static var instructions: String { Kernel.current.instructions }

  /// By name, for attributes and `hpo --version`.
  /// - Parameter libraries: what the environment computes with.
  public static func all(_ libraries: [LibraryVersion]) -> [LibraryVersion] {
    rounding(libraries) + [LibraryVersion("hdf5_version", HDF5File.libraryVersion), LibraryVersion("commit_clean", "\(isCommitClean)")]
  }

  /// Those that decide how numbers round: a run continued under others is not, to the last bit, the one that was never interrupted. The
  /// program's own build is among them: another commit, compiler or C library may compute otherwise.
  package static func rounding(_ libraries: [LibraryVersion]) -> [LibraryVersion] {
    [LibraryVersion("program_version", program)] + libraries + [
      LibraryVersion("openblas_version", BLAS.description), LibraryVersion("instructions", instructions), LibraryVersion("commit", commit),
      LibraryVersion("compiler", compiler), LibraryVersion("libc", libc), LibraryVersion("packages", packages),
    ]
  }
}
