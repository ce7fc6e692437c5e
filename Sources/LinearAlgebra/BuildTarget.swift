import CProcessor

/// What the compiler was allowed to use. The Makefile allows AVX2 and FMA where the building machine has them.
public enum BuildTarget {
  public static var instructions: String { String(cString: processor_instruction_set()) }

  /// Whether a·b + c is one instruction, rounded once.
  static var hasFusedMultiplyAdd: Bool { processor_has_fused_multiply_add() }
}
