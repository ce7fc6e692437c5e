import Gym
import MuJoCo

extension LocomotionTask {
  var observationParts: [EnvironmentSummary.Part] {
    rules.observation.map { part in
      var meaning = part.meaning
      if let range = part.clip { meaning += ", clipped to \(ParameterValue.pair(range.low, range.high))" }
      return (name: part.name, meaning: meaning, elements: Array(elements(of: part).dropFirst(part.skipped)))
    }.laidOut
  }

  private func elements(of part: LocomotionRules.ObservationPart) -> [EnvironmentSummary.Element] {
    switch part {
    case .positions:
      positionElements()
    case .velocities:
      velocityElements()
    case .actuatorForces:
      velocityElements(linear: "N", angular: "N m", of: "force")
    case .inertias:
      perBody(
        ["I xx", "I yy", "I zz", "I xy", "I xz", "I yz"].map { ($0, "kg m²") }
          + ["x", "y", "z"].map { ("mass × offset \($0)", "kg m") } + [("mass", "kg")])
    case .bodyVelocities:
      perBody(
        ["x", "y", "z"].map { ("angular velocity \($0)", "rad/s") }
          + ["x", "y", "z"].map { ("velocity \($0)", "m/s") })
    case .externalForces:
      perBody(["x", "y", "z"].map { ("torque \($0)", "N m") } + ["x", "y", "z"].map { ("force \($0)", "N") })
    }
  }

  private func perBody(_ entries: [(name: String, unit: String)]) -> [EnvironmentSummary.Element] {
    world.model.bodies.indices.flatMap { index in
      entries.map { .init(name: "\(label(ofBody: index)): \($0.name)", unit: $0.unit) }
    }
  }

  private func label(ofBody index: Int) -> String {
    let body = world.model.bodies[index]
    return body.name.isEmpty ? "body \(index) (on \(world.model.bodies[body.parent].name))" : body.name
  }

  // MARK: Reward and episodes

  var rewardParts: [EnvironmentSummary.Term] {
    let period = ParameterValue.number(controlPeriod)
    let moved =
      switch rules.displacement {
      case .coordinate, .plane: world.model.joints.first?.name ?? "qpos[0]"
      case .body(.number(let index)): label(ofBody: Int(index))
      case .body(let name): "\(name)"
      case .massCenter: "the centre of mass"
      }
    var terms: [EnvironmentSummary.Term] =
      switch rules.gain {
      case .velocity(let weight):
        [
          .init(
            name: "forward",
            formula: "+ \(ParameterValue.number(weight)) × x velocity (m/s) of \(moved) over \(period) s")
        ]
      case .height:
        [
          .init(name: "height", formula: "+ height (m) / \(ParameterValue.number(world.model.timestep)) s, the model's time step"),
          .init(name: "up", formula: "+ 1 every step"),
        ]
      }
    if let health = rules.health {
      let when = health.paysLastStep && health.terminates ? "every step" : "when healthy"
      terms.append(.init(name: "healthy", formula: "+ \(ParameterValue.number(health.reward)) \(when)"))
    }
    let controls = rules.controlCost.ofAppliedControls ? "the applied controls" : "the controls"
    let weight = ParameterValue.number(rules.controlCost.weight)
    terms.append(.init(name: "control cost", formula: "− \(weight) × squared norm of \(controls)"))
    if let cost = rules.contactCost {
      var formula = "− \(ParameterValue.number(cost.weight)) × squared norm of cfrc_ext"
      if let range = cost.forceRange { formula += " clipped to \(ParameterValue.pair(range.low, range.high))" }
      if let range = cost.costRange { formula += ", the cost clipped to \(ParameterValue.pair(range.low, range.high))" }
      terms.append(.init(name: "contact cost", formula: formula))
    }
    return terms
  }

  var startText: String {
    let scale = ParameterValue.number(rules.resetNoise.scale)
    return switch rules.resetNoise.velocities {
    case .uniform: "the model's state, each position and velocity plus uniform noise in ±\(scale)"
    case .normal:
      "the model's state, each position plus uniform noise in ±\(scale), each velocity plus normal noise of "
        + "standard deviation \(scale)"
    }
  }

  var terminationText: String {
    guard let health = rules.health else { return "never" }
    guard health.terminates else { return "never (terminate_when_unhealthy is false)" }
    let height = ParameterValue.pair(health.height.low, health.height.high)
    var conditions = ["the torso's height leaves \(height) m"]
    if let angle = health.angle {
      conditions.append("its pitch leaves \(ParameterValue.pair(angle.low, angle.high)) rad")
    }
    if let state = health.state {
      conditions.append("another position or a velocity leaves \(ParameterValue.pair(state.low, state.high))")
    }
    if health.finite { conditions.append("a position or velocity is not finite") }
    return "when " + conditions.joined(separator: ", or ")
  }
}

extension LocomotionRules.ObservationPart {
  fileprivate var meaning: String {
    switch self {
    case .positions: "positions of the joints"
    case .velocities: "velocities of the joints"
    case .inertias: "inertia and mass of each body about the robot's centre of mass"
    case .bodyVelocities: "velocity of each body about the robot's centre of mass"
    case .actuatorForces: "actuator force at each joint"
    case .externalForces: "contact forces on each body about the robot's centre of mass"
    }
  }
}
