import Gym
import MuJoCo
import Random

/// HalfCheetah, Hopper, Walker2d, Ant, Humanoid, Swimmer and HumanoidStandup: one machinery, acting by `LocomotionRules`.
final class LocomotionTask: SimulatedTask {
  let world: SimulatedWorld
  let rules: LocomotionRules
  var viewpoint: Viewpoint? { givenViewpoint }
  private let givenViewpoint: Viewpoint?
  private let displacement: ResolvedDisplacement
  /// Where the robot was before the step.
  private var placeBefore = SIMD2<Double>.zero

  private enum ResolvedDisplacement {
    case coordinate
    case plane
    case body(Int)
    case massCenter(masses: [Double], total: Double)
  }

  init(
    id: String, rules: LocomotionRules, viewpoint: Viewpoint?, parameters: Parameters, descriptors: [ParameterDescriptor]
  ) throws {
    let model = try Self.loadModel(parameters)
    self.rules = rules
    givenViewpoint = viewpoint
    displacement = try Self.resolve(rules, in: model, parameters)
    world = try SimulatedWorld(
      id: id, model: model, observationSize: rules.observation.reduce(0) { $0 + $1.count(in: model) }, timeLimit: 1000,
      needsExternalForces: rules.needsExternalForces, parameters: parameters, descriptors: descriptors)
    try startAtRest()
  }

  func drawStart<Generator: RandomNumberGenerator>(
    using generator: inout Generator
  ) -> (positions: [Double], velocities: [Double]) {
    let noise = rules.resetNoise
    let positions = world.initialPositions.map { $0 + generator.uniform(-noise.scale, noise.scale) }
    let velocities = world.initialVelocities.map { initial in
      switch noise.velocities {
      case .uniform: initial + generator.uniform(-noise.scale, noise.scale)
      case .normal: initial + noise.scale * generator.standardNormal()
      }
    }
    return (positions, velocities)
  }

  // MARK: One step

  func prepareStep() { placeBefore = place() }

  func score(_ action: AppliedAction) -> Step {
    let velocity = (place() - placeBefore) / controlPeriod
    let healthy = isHealthy()
    var terms = RewardTerms()
    switch rules.gain {
    case .velocity(let weight): terms.forward = weight * velocity.x
    case .height: terms.forward = world.simulation.read(.positions) { $0[2] } / world.model.timestep
    }
    if let health = rules.health {
      let paid = healthy || (health.paysLastStep && health.terminates)
      terms.healthy = (paid ? 1 : 0) * health.reward
    }
    if rules.controlCost.ofAppliedControls {
      terms.controlCost = rules.controlCost.weight * world.simulation.read(.controls) { sumOfSquares($0) }
    } else {
      terms.controlCost = action.squaredNorm(times: rules.controlCost.weight)
    }
    if let cost = rules.contactCost { terms.contactCost = contactCost(cost) }
    let reward: Double
    switch rules.gain {
    case .velocity: reward = (terms.forward + terms.healthy) - (terms.controlCost + terms.contactCost)
    case .height:
      terms.healthy = 1
      reward = terms.forward - terms.controlCost - terms.contactCost + terms.healthy
    }
    world.rewardTerms = terms
    let terminated = !healthy && rules.health?.terminates == true
    return Step(reward: reward, ending: terminated ? .terminated : nil, velocity: velocity)
  }

  /// Where the robot is, metres; only differences matter. y is 0 for planar robots.
  private func place() -> SIMD2<Double> {
    switch displacement {
    case .coordinate:
      return world.simulation.read(.positions) { SIMD2($0[0], 0) }
    case .plane:
      return world.simulation.read(.positions) { SIMD2($0[0], $0[1]) }
    case .body(let index):
      return world.simulation.read(.bodyPositions) { SIMD2($0[3 * index], $0[3 * index + 1]) }
    case .massCenter(let masses, let total):
      // As numpy's einsum: body by body, a product and a sum each rounded.
      return world.simulation.read(.massCenters) { centers in
        var sum = SIMD2<Double>.zero
        for body in masses.indices {
          sum = sum + masses[body] * SIMD2(centers[3 * body], centers[3 * body + 1])
        }
        return sum / total
      }
    }
  }

  private func isHealthy() -> Bool {
    guard let health = rules.health else { return true }
    return world.simulation.read(.positions) { positions in
      world.simulation.read(.velocities) { velocities in
        let index = health.heightIndex
        let height = index < positions.count ? positions[index] : velocities[index - positions.count]
        guard health.heightIncludesEnds ? health.height.contains(height) : health.height.containsStrictly(height)
        else { return false }
        if let range = health.angle, !range.containsStrictly(positions[2]) { return false }
        if let range = health.state {
          guard positions.dropFirst(2).allSatisfy(range.containsStrictly), velocities.allSatisfy(range.containsStrictly)
          else { return false }
        }
        return !health.finite || (positions.allSatisfy(\.isFinite) && velocities.allSatisfy(\.isFinite))
      }
    }
  }

  private func contactCost(_ rule: LocomotionRules.ContactCost) -> Double {
    let squares = world.simulation.read(.externalForces) { forces in
      guard let range = rule.forceRange else { return sumOfSquares(forces) }
      return pairwiseSum(count: forces.count) { i in
        let force = range.clip(forces[i])
        return force * force
      }
    }
    let cost = rule.weight * squares
    return rule.costRange?.clip(cost) ?? cost
  }

  func observe() {
    world.observation.withUnsafeMutableBufferPointer { target in
      var cursor = 0
      for part in rules.observation {
        world.simulation.read(part.quantity) { values in
          let first = min(part.skipped, values.count)
          switch part.clip {
          case nil: for i in first..<values.count { target[cursor + i - first] = values[i] }
          case let range?: for i in first..<values.count { target[cursor + i - first] = range.clip(values[i]) }
          }
          cursor += values.count - first
        }
      }
    }
  }
}

// MARK: - Rules meet the model

extension LocomotionTask {
  /// Finds what moves forward, and refuses a model that Gymnasium's rules cannot be applied to.
  private static func resolve(
    _ rules: LocomotionRules, in model: Model, _ parameters: Parameters
  ) throws(EnvironmentError) -> ResolvedDisplacement {
    let positions = model.positionCount
    guard positions >= rules.neededPositions else {
      throw refusal(
        of: model, parameters, "it has \(positions) positions, the rules speak of the first \(rules.neededPositions)")
    }
    // Gymnasium's Ant takes its height from positions and velocities in a row.
    if let health = rules.health, positions + model.velocityCount <= health.heightIndex {
      throw refusal(of: model, parameters, "it has \(positions + model.velocityCount) positions and velocities, the height would be the third")
    }
    switch rules.displacement {
    case .coordinate: return .coordinate
    case .plane: return .plane
    case .massCenter:
      let masses = model.bodies.map(\.mass)
      return .massCenter(masses: masses, total: pairwiseSum(count: masses.count) { masses[$0] })
    case .body(let reference):
      if let index = reference.asNumber.map({ Int($0) }), model.bodies.indices.contains(index) { return .body(index) }
      return .body(try body("\(reference)", of: model, parameters) / 3)
    }
  }
}

extension LocomotionRules.ObservationPart {
  var quantity: Simulation.Quantity {
    switch self {
    case .positions: .positions
    case .velocities: .velocities
    case .inertias: .inertias
    case .bodyVelocities: .bodyVelocities
    case .actuatorForces: .actuatorForces
    case .externalForces: .externalForces
    }
  }

  /// MuJoCo's name of the quantity.
  var name: String {
    switch self {
    case .positions: "qpos"
    case .velocities: "qvel"
    case .inertias: "cinert"
    case .bodyVelocities: "cvel"
    case .actuatorForces: "qfrc_actuator"
    case .externalForces: "cfrc_ext"
    }
  }

  /// How many numbers at the quantity's beginning are not observed.
  var skipped: Int {
    switch self {
    case .positions(let count), .actuatorForces(let count): count
    case .velocities: 0
    case .inertias(let bodies): 10 * bodies
    case .bodyVelocities(let bodies), .externalForces(let bodies, _): 6 * bodies
    }
  }

  var clip: ValueRange? {
    switch self {
    case .velocities(let limit): limit.map { ValueRange(low: -$0, high: $0) }
    case .externalForces(_, let range): range
    default: nil
    }
  }

  /// Numbers observed; none where the model has fewer than are skipped.
  func count(in model: Model) -> Int {
    switch self {
    case .positions: max(0, model.positionCount - skipped)
    case .velocities, .actuatorForces: max(0, model.velocityCount - skipped)
    case .inertias: max(0, 10 * model.bodies.count - skipped)
    case .bodyVelocities, .externalForces: max(0, 6 * model.bodies.count - skipped)
    }
  }
}
