import Gym
import MuJoCo

extension SimulatedTask {
  var summary: EnvironmentSummary {
    EnvironmentSummary(
      id: specification.id,
      source: "Gymnasium 1.4.0 (\(Self.gymnasiumId(specification.id))), MuJoCo \(mujocoVersion)",
      modelPath: world.model.path,
      controlPeriod: controlPeriod,
      timeLimit: specification.timeLimit,
      observation: observationParts,
      action: world.model.actuators.enumerated().map { index, actuator in
        let name = actuator.name.isEmpty ? actuator.joint : actuator.name
        let slides = world.model.joints.contains { $0.name == actuator.joint && $0.kind == .slide }
        let unit = "× \(ParameterValue.number(actuator.gear)) \(slides ? "N" : "N m")"
        return .init(name: name.isEmpty ? "\(index)" : name, unit: unit, low: actuator.low, high: actuator.high)
      },
      reward: rewardParts,
      start: startText,
      termination: terminationText,
      parameters: world.descriptors.map { .init(descriptor: $0, value: world.parameters[$0.name] ?? $0.defaultValue) })
  }

  private static func gymnasiumId(_ id: String) -> String {
    guard id.hasSuffix("-v2") else { return id }
    let old = id.dropLast(2) + "v4"
    return id.hasPrefix("Ant") ? "\(old) with use_contact_forces=True" : String(old)
  }

  /// What qpos holds, number by number.
  func positionElements() -> [EnvironmentSummary.Element] { world.model.joints.flatMap(\.positionElements) }

  /// What qvel, or another quantity with a number per degree of freedom, holds.
  func velocityElements(
    linear: String = "m/s", angular: String = "rad/s", of quantity: String = "velocity"
  ) -> [EnvironmentSummary.Element] {
    world.model.joints.flatMap { $0.velocityElements(linear: linear, angular: angular, of: quantity) }
  }
}

extension [(name: String, meaning: String, elements: [EnvironmentSummary.Element])] {
  /// One after the other.
  var laidOut: [EnvironmentSummary.Part] {
    var start = 0
    return map { part in
      defer { start += part.elements.count }
      return .init(
        name: part.name, meaning: part.meaning, range: start..<start + part.elements.count, elements: part.elements)
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
