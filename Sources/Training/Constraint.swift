/// How an agent keeps a constraint.
public enum Constraint: String, Sendable, CaseIterable {
  /// Not at all: costs are only recorded.
  case none
  /// By a Lagrange multiplier.
  case lagrangian
  /// By a Lagrange multiplier and the Lyapunov filter of Algorithm 3.
  case lyapunov
}
