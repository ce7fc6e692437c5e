import COpenBLAS

/// What the compiler was allowed to use. The Makefile allows AVX2 and FMA where the building machine has them.
public enum BuildTarget {
  public static var instructions: String { String(cString: shim_instruction_set()) }
}
