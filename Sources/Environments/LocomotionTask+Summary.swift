import Gym
import MuJoCo

extension LocomotionTask {
  public var summary: EnvironmentSummary {
    EnvironmentSummary(
      id: specification.id,
      source: "Gymnasium 1.4.0 (\(Self.gymnasiumId(specification.id))), MuJoCo \(mujocoVersion)",
      modelPath: model.path,
      controlPeriod: controlPeriod,
      timeLimit: specification.timeLimit,
      observation: observationParts,
      action: model.actuators.enumerated().map { index, actuator in
        let name = actuator.name.isEmpty ? actuator.joint : actuator.name
        let slides = model.joints.contains { $0.name == actuator.joint && $0.kind == .slide }
        let unit = "× \(ParameterValue.number(actuator.gear)) \(slides ? "N" : "N m")"
        return .init(name: name.isEmpty ? "\(index)" : name, unit: unit, low: actuator.low, high: actuator.high)
      },
      reward: rewardParts,
      start: startText,
      termination: terminationText,
      parameters: descriptors.map { .init(descriptor: $0, value: parameters[$0.name] ?? $0.defaultValue) })
  }

  private static func gymnasiumId(_ id: String) -> String {
    guard id.hasSuffix("-v2") else { return id }
    let old = id.dropLast(2) + "v4"
    return id.hasPrefix("Ant") ? "\(old) with use_contact_forces=True" : String(old)
  }

  // MARK: Observation

  private var observationParts: [EnvironmentSummary.Part] {
    var start = 0
    return rules.observation.map { part in
      let elements = Array(elements(of: part).dropFirst(part.skipped))
      defer { start += elements.count }
      var meaning = part.meaning
      if let range = part.clip { meaning += ", clipped to \(ParameterValue.pair(range.low, range.high))" }
      return .init(name: part.name, meaning: meaning, range: start..<start + elements.count, elements: elements)
    }
  }

  private func elements(of part: LocomotionRules.ObservationPart) -> [EnvironmentSummary.Element] {
    switch part {
    case .positions:
      model.joints.flatMap(\.positionElements)
    case .velocities:
      model.joints.flatMap { $0.velocityElements(linear: "m/s", angular: "rad/s", of: "velocity") }
    case .actuatorForces:
      model.joints.flatMap { $0.velocityElements(linear: "N", angular: "N m", of: "force") }
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
    model.bodies.indices.flatMap { index in
      entries.map { .init(name: "\(label(ofBody: index)): \($0.name)", unit: $0.unit) }
    }
  }

  private func label(ofBody index: Int) -> String {
    let body = model.bodies[index]
    return body.name.isEmpty ? "body \(index) (on \(model.bodies[body.parent].name))" : body.name
  }

  // MARK: Reward and episodes

  private var rewardParts: [EnvironmentSummary.Term] {
    let period = ParameterValue.number(controlPeriod)
    let forward = ParameterValue.number(rules.forwardRewardWeight)
    let moved =
      switch rules.displacement {
      case .coordinate: model.joints.first?.name ?? "qpos[0]"
      case .body(.number(let index)): label(ofBody: Int(index))
      case .body(let name): "\(name)"
      case .massCenter: "the centre of mass"
      }
    var terms: [EnvironmentSummary.Term] = [
      .init(
        name: "forward",
        formula: "+ \(forward) × x velocity (m/s) of \(moved) over \(period) s")
    ]
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

  private var startText: String {
    let scale = ParameterValue.number(rules.resetNoise.scale)
    return switch rules.resetNoise.velocities {
    case .uniform: "the model's state, each position and velocity plus uniform noise in ±\(scale)"
    case .normal:
      "the model's state, each position plus uniform noise in ±\(scale), each velocity plus normal noise of "
        + "standard deviation \(scale)"
    }
  }

  private var terminationText: String {
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

extension Model.Joint {
  fileprivate var positionElements: [EnvironmentSummary.Element] {
    let quaternion = ["w", "x", "y", "z"].map {
      EnvironmentSummary.Element(name: "\(name): quaternion \($0)", unit: "1")
    }
    return switch kind {
    case .free: ["x", "y", "z"].map { .init(name: "\(name): \($0)", unit: "m") } + quaternion
    case .ball: quaternion
    case .slide: [.init(name: name, unit: "m")]
    case .hinge: [.init(name: name, unit: "rad")]
    }
  }

  fileprivate func velocityElements(
    linear: String, angular: String, of quantity: String
  ) -> [EnvironmentSummary.Element] {
    let rotations = ["x", "y", "z"].map {
      EnvironmentSummary.Element(name: "\(name): angular \(quantity) \($0)", unit: angular)
    }
    return switch kind {
    case .free: ["x", "y", "z"].map { .init(name: "\(name): \(quantity) \($0)", unit: linear) } + rotations
    case .ball: rotations
    case .slide: [.init(name: name, unit: linear)]
    case .hinge: [.init(name: name, unit: angular)]
    }
  }
}
