import LinearAlgebra

/// What the leapfrog does to a lane's actions, beside what its momentum's noise alone would do: sums over the rows.
final class OperatorDiagnostics<S: Scalar> {
  /// a₀, or u₀ of latent dynamics, [rows, actions].
  let start: Matrix<S>
  /// log π(a₀|s), [rows].
  let startLogProbability: Vector<S>
  private let endValues: Vector<S>
  private let endLogProbability: Vector<S>
  private let first: SingleCritic<S>
  private let second: SingleCritic<S>
  private let slopes: (Matrix<S>, Matrix<S>)

  /// Σ ‖x_K − x₀ − reach·p₀‖, how far the force moves an action, and Σ reach·‖p₀‖, how far the momentum does.
  private(set) var drift = 0.0
  private(set) var noise = 0.0
  /// Σ of the cosine between that drift and ∇Q at x₀.
  private(set) var driftCosine = 0.0
  /// Σ of what the steps add to Q − α log π − (αβ/2)‖p‖².
  private(set) var gain = 0.0
  /// Σ of the cosine between ∇ₐQ₁ and ∇ₐQ₂ at a₀.
  private(set) var criticCosine = 0.0

  init(_ agent: SoftActorCriticModel<S>, rows: Int) {
    let settings = agent.settings
    let d = settings.actionSize
    start = Matrix(rows: rows, columns: d)
    startLogProbability = Vector(count: rows)
    endValues = Vector(count: rows)
    endLogProbability = Vector(count: rows)
    slopes = (Matrix(rows: rows, columns: d), Matrix(rows: rows, columns: d))
    // Those that actions climb.
    let (twins, climbsTargets) = (agent.networks.critics, settings.trainingPolicy.isEvolved && settings.hamiltonianCritic == .target)
    first = SingleCritic(climbsTargets ? twins.first.target : twins.first.online, actionSize: d, rows: rows)
    second = SingleCritic(climbsTargets ? twins.second.target : twins.second.online, actionSize: d, rows: rows)
  }

  /// Keeps what holds at the end, before the start is evaluated.
  func begin(values: Vector<S>, logProbability: Vector<S>) {
    endValues.copy(from: values)
    endLogProbability.copy(from: logProbability)
  }

  /// - Parameters:
  ///   - end: x_K, [rows, actions].
  ///   - slope: ∇Q at ``start``, [rows, actions].
  ///   - reach: how far a free momentum of 1 goes.
  ///   - startValues: Q at ``start``, [rows].
  @specialized(where S == Float)
  @specialized(where S == Double)
  func finish(end: Matrix<S>, slope: Matrix<S>, momentum: PolicyMomentum<S>, reach: S, startValues: Vector<S>, alpha: Double) {
    let kinetic = momentum.weight(alpha: alpha) / 2
    (drift, noise, driftCosine, gain) = (0, 0, 0, 0)
    for row in 0..<start.rows {
      let (x, x0) = (end.pointer + row * end.stride, start.pointer + row * start.stride)
      let (p, p0) = (momentum.current.pointer + row * momentum.current.stride, momentum.initial.pointer + row * momentum.initial.stride)
      let g = slope.pointer + row * slope.stride
      var (moved, free, along, steep, energy) = (0.0, 0.0, 0.0, 0.0, 0.0)
      for j in 0..<start.columns {
        let forced = Double(x[j] - x0[j] - reach * p0[j])
        moved += forced * forced
        free += Double(reach * p0[j]) * Double(reach * p0[j])
        along += forced * Double(g[j])
        steep += Double(g[j]) * Double(g[j])
        energy += Double(p[j]) * Double(p[j]) - Double(p0[j]) * Double(p0[j])
      }
      drift += moved.squareRoot()
      noise += free.squareRoot()
      driftCosine += cosine(along, moved, steep)
      gain += Double(endValues.pointer[row] - startValues.pointer[row])
      gain -= alpha * Double(endLogProbability.pointer[row] - startLogProbability.pointer[row]) + kinetic * energy
    }
  }

  /// Compares the twin critics' slopes.
  /// - Parameter actions: a₀, [rows, actions].
  func compareCritics(at observations: Matrix<S>, actions: Matrix<S>) {
    for (critic, slope) in [(first, slopes.0), (second, slopes.1)] {
      critic.begin(at: observations)
      critic.evaluate(actions: actions)
      critic.actionGradient(into: slope)
    }
    criticCosine = 0
    for row in 0..<actions.rows {
      var (along, steep, other) = (0.0, 0.0, 0.0)
      for j in 0..<actions.columns {
        let (a, b) = (Double(slopes.0[row, j]), Double(slopes.1[row, j]))
        along += a * b
        steep += a * a
        other += b * b
      }
      criticCosine += cosine(along, steep, other)
    }
  }

  /// a·b/(‖a‖‖b‖); 0 where one of them is 0.
  private func cosine(_ product: Double, _ square: Double, _ otherSquare: Double) -> Double {
    square > 0 && otherSquare > 0 ? product / (square.squareRoot() * otherSquare.squareRoot()) : 0
  }
}

extension SoftActorCritic {
  /// What ``OperatorDiagnostics`` measures, as means over the batch.
  static func diagnosticScalars(
    _ model: SoftActorCriticModel<S>, _ lanes: Lanes<SoftActorCriticLane<S>>
  ) -> [UpdateReport.Scalar] {
    func mean(_ name: String, _ sum: @escaping (OperatorDiagnostics<S>) -> Double) -> UpdateReport.Scalar {
      UpdateReport.Scalar(name) { lanes.mean { $0.diagnostics.map(sum) ?? 0 } }
    }
    let critics = mean("critic_cosine") { $0.criticCosine }
    if !model.settings.trainingPolicy.isEvolved { return [critics] }
    return [
      mean("drift") { $0.drift },
      UpdateReport.Scalar("drift_to_noise") {
        let noise = lanes.mean { $0.diagnostics?.noise ?? 0 }
        return noise > 0 ? lanes.mean { $0.diagnostics?.drift ?? 0 } / noise : 0
      },
      mean("drift_cosine") { $0.driftCosine }, mean("elbo_gain") { $0.gain }, critics,
    ]
  }
}
