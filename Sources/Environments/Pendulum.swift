import Gym
import Random

import Glibc

/// A pendulum whose motor is too weak to lift it at once: it is to swing up and stay there. Simulated by its own formulas.
/// - Source: Gymnasium 1.4's Pendulum-v1 (classic control), equal to it with numpy 2 bit for bit: which of its numbers are single
///   precision follows from numpy's rules. It never terminates.
public final class Pendulum: StateSettable {
  public let specification: EnvironmentSpecification
  public private(set) var observation: [Double] = [1, 0, 0]
  /// Seconds per action.
  public let controlPeriod = 0.05

  private let gravity: Double
  private let parameters: Parameters
  /// θ, rad; 0 is upright.
  private var angle = 0.0
  /// rad/s, counter-clockwise.
  private var speed = 0.0

  private static let highestSpeed = 8.0
  private static let highestTorque = 2.0

  init(_ parameters: Parameters) throws(EnvironmentError) {
    self.parameters = parameters
    gravity = try parameters.number("g")
    specification = EnvironmentSpecification(id: Self.id, observationSize: 3, actionSize: 1, timeLimit: 200, costs: [])
  }

  public func reset<Generator: RandomNumberGenerator>(using generator: inout Generator) {
    angle = generator.uniform(-Double.pi, .pi)
    speed = generator.uniform(-1, 1)
    observe()
  }

  /// - Throws: `EnvironmentError.wrongStateCount(environment:quantity:expected:given:)`.
  public func setState(qpos: [Double], qvel: [Double]) throws {
    for (quantity, values) in [("positions", qpos), ("velocities", qvel)] where values.count != 1 {
      throw EnvironmentError.wrongStateCount(
        environment: specification.id, quantity: quantity, expected: 1, given: values.count)
    }
    angle = qpos[0]
    speed = qvel[0]
    observe()
  }

  public var qpos: [Double] { [angle] }
  public var qvel: [Double] { [speed] }

  public func step(_ action: [Float]) throws -> Step {
    try checkCount(action.count)
    return advance(action[0] * Float(Self.highestTorque))
  }

  public func controls(for action: [Float]) -> [Float] { action.map { $0 * Float(Self.highestTorque) } }

  public func step(controls: [Float]) throws -> Step {
    try checkCount(controls.count)
    return advance(controls[0])
  }

  public func step(controls: [Double]) throws -> Step {
    try checkCount(controls.count)
    let torque = Self.clip(controls[0], Self.highestTorque)
    return advance(cost: 0.001 * squared(torque), acceleration: 3 * torque)
  }

  /// With a torque in single precision, its cost and what it does are too.
  private func advance(_ control: Float) -> Step {
    let torque = Self.clip(control, Float(Self.highestTorque))
    return advance(cost: Double(Float(0.001) * squared(torque)), acceleration: Double(3 * torque))
  }

  /// - Parameter acceleration: by the motor, rad/s².
  private func advance(cost: Double, acceleration: Double) -> Step {
    let costs = squared(Self.normalized(angle)) + 0.1 * squared(speed) + cost
    let changed = speed + (3 * gravity / 2 * sine(angle) + acceleration) * controlPeriod
    speed = Self.clip(changed, Self.highestSpeed)
    angle += speed * controlPeriod
    observe()
    return Step(reward: -costs)
  }

  /// In [-π, π), by Python's remainder, whose sign is the divisor's.
  private static func normalized(_ angle: Double) -> Double {
    let turn = 2 * Double.pi
    var remainder = fmod(angle + .pi, turn)
    if remainder < 0 { remainder += turn }
    return remainder - .pi
  }

  /// NaN stays NaN.
  private static func clip<Number: FloatingPoint>(_ x: Number, _ limit: Number) -> Number {
    x < -limit ? -limit : (x > limit ? limit : x)
  }

  private func observe() {
    observation[0] = Double(Float(cosine(angle)))
    observation[1] = Double(Float(sine(angle)))
    observation[2] = Double(Float(speed))
  }

  private func checkCount(_ given: Int) throws(EnvironmentError) {
    guard given == 1 else { throw .wrongActionCount(environment: specification.id, expected: 1, given: given) }
  }
}

extension Pendulum {
  static let id = "Pendulum-v1"

  static let descriptors = [
    ParameterDescriptor(name: "g", kind: .number(), defaultValue: 10, meaning: "acceleration of gravity, m/s²")
  ]

  public var summary: EnvironmentSummary {
    EnvironmentSummary(
      id: specification.id, source: "Gymnasium 1.4.0 (\(Self.id))", modelPath: "its own formulas", controlPeriod: controlPeriod,
      timeLimit: specification.timeLimit,
      observation: [
        (
          name: "state", meaning: "where the pendulum is, in single precision",
          elements: [.init(name: "cos θ", unit: "1"), .init(name: "sin θ", unit: "1"), .init(name: "velocity of θ", unit: "rad/s")]
        )
      ].laidOut,
      action: [.init(name: "torque", unit: "N m", low: -Self.highestTorque, high: Self.highestTorque)],
      reward: [
        .init(name: "angle", formula: "− θ² before the step, θ in [-π, π), 0 upright"),
        .init(name: "velocity", formula: "− 0.1 × squared velocity (rad/s)"),
        .init(name: "control cost", formula: "− 0.001 × squared torque (N m)"),
      ],
      start: "θ uniform in ±π, its velocity in ±1 rad/s", termination: "never",
      parameters: Self.descriptors.map { .init(descriptor: $0, value: parameters[$0.name] ?? $0.defaultValue) })
  }
}
