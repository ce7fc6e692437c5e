import Gym
import MuJoCo
import Random

/// HalfCheetah, Hopper, Walker2d, Ant and Humanoid: one machinery, acting by ``LocomotionRules``.
///
/// Equal to Gymnasium 1.4 with numpy 2 bit for bit, which fixes the order of MuJoCo's calls and of every sum here.
public final class LocomotionTask: MuJoCoTask {
  public let specification: EnvironmentSpecification
  /// Refreshed in place by `reset` and `step`. Whoever still holds a copy then makes that step allocate another.
  public private(set) var observation: [Double]
  public private(set) var rewardTerms = RewardTerms()
  /// What MuJoCo said if the last step diverged, whether or not the task throws then.
  public private(set) var divergence: Simulation.Divergence?
  /// Seconds per action: frame_skip × the model's time step.
  public let controlPeriod: Double

  let rules: LocomotionRules
  let parameters: Parameters
  let descriptors: [ParameterDescriptor]
  let model: Model
  private var simulation: Simulation
  private let displacement: ResolvedDisplacement
  private let initialPositions: [Double]
  private let initialVelocities: [Double]
  /// Control ranges in Float, as Gymnasium's action space has them.
  private let lowControls: [Float]
  private let highControls: [Float]
  private var scaledAction: [Float]
  /// Why the simulation cannot go on until the next reset: steps throw it again, as what they would go on from is half done.
  private var failure: (any Error)?

  private enum ResolvedDisplacement {
    case coordinate
    case body(Int)
    case massCenter(masses: [Double], total: Double)
  }

  init(
    id: String, rules: LocomotionRules, parameters: Parameters, descriptors: [ParameterDescriptor]
  ) throws {
    let model = try Model(contentsOf: try AssetFolder.model(rules.modelFile))
    let simulation = try Simulation(model)
    displacement = try Self.resolve(rules, in: model, environment: id)
    specification = EnvironmentSpecification(
      id: id, observationSize: rules.observation.reduce(0) { $0 + $1.count(in: model) },
      actionSize: model.controlCount, timeLimit: 1000, costs: SafetyCost.costs(of: String(id.prefix { $0 != "-" })),
      libraries: EnvironmentCatalog.libraries)
    observation = Array(repeating: 0, count: specification.observationSize)
    controlPeriod = model.timestep * Double(rules.frameSkip)
    self.rules = rules
    self.parameters = parameters
    self.descriptors = descriptors
    self.model = model
    initialPositions = simulation.read(.positions) { Array($0) }
    initialVelocities = simulation.read(.velocities) { Array($0) }
    lowControls = model.actuators.map { Float($0.low) }
    highControls = model.actuators.map { Float($0.high) }
    scaledAction = Array(repeating: 0, count: model.controlCount)
    self.simulation = simulation
    try setState(qpos: initialPositions, qvel: initialVelocities)
  }

  // MARK: Episodes

  public func reset<Generator: RandomNumberGenerator>(using generator: inout Generator) throws {
    let noise = rules.resetNoise
    // Positions first, then velocities, one draw (or normal) each, in the model's order.
    let positions = initialPositions.map { $0 + generator.uniform(-noise.scale, noise.scale) }
    let velocities = initialVelocities.map { initial in
      switch noise.velocities {
      case .uniform: initial + generator.uniform(-noise.scale, noise.scale)
      case .normal: initial + noise.scale * generator.standardNormal()
      }
    }
    try setState(qpos: positions, qvel: velocities)
  }

  public func setState(qpos: [Double], qvel: [Double]) throws {
    try keepingFailure {
      try simulation.reset()
      try simulation.setState(positions: qpos, velocities: qvel)
      try simulation.forward()
    }
    failure = nil
    divergence = nil
    rewardTerms = RewardTerms()
    observe()
  }

  public func step(_ action: [Float]) throws -> Step {
    try checkCount(action.count)
    for i in action.indices { scaledAction[i] = control(i, for: action[i]) }
    return try scaledAction.withUnsafeBufferPointer { try advance($0) { try simulation.setControls($0) } }
  }

  public func controls(for action: [Float]) -> [Float] { action.indices.map { control($0, for: action[$0]) } }

  private func control(_ i: Int, for action: Float) -> Float {
    let (low, high) = (lowControls[i], highControls[i])
    // A symmetric range needs one multiplication, and [-1, 1] is left exactly alone.
    return low == -high ? action * high : low + 0.5 * (action + 1) * (high - low)
  }

  public func step(controls: [Float]) throws -> Step {
    try checkCount(controls.count)
    return try controls.withUnsafeBufferPointer { try advance($0) { try simulation.setControls($0) } }
  }

  public func step(controls: [Double]) throws -> Step {
    try checkCount(controls.count)
    return try controls.withUnsafeBufferPointer { try advance($0) { try simulation.setControls($0) } }
  }

  public var qpos: [Double] { simulation.read(.positions) { Array($0) } }
  public var qvel: [Double] { simulation.read(.velocities) { Array($0) } }

  // MARK: One step

  /// Gymnasium's `step`, in its order.
  /// - Parameter apply: writes the controls to the simulation.
  @inline(__always)
  private func advance<Number: BinaryFloatingPoint>(
    _ controls: UnsafeBufferPointer<Number>, apply: (UnsafeBufferPointer<Number>) throws -> Void
  ) throws -> Step {
    if let failure { throw failure }
    let before = place()
    try keepingFailure {
      try apply(controls)
      try simulation.step(rules.frameSkip)
      if rules.needsExternalForces { try simulation.computeExternalForces() }
    }
    divergence = simulation.takeDivergence()
    if rules.throwsOnDivergence, let divergence {
      throw EnvironmentError.diverged(environment: specification.id, reason: divergence.message)
    }
    let velocity = (place() - before) / controlPeriod

    observe()
    let healthy = isHealthy()
    var terms = RewardTerms(forward: rules.forwardRewardWeight * velocity.x)
    if let health = rules.health {
      let paid = healthy || (health.paysLastStep && health.terminates)
      terms.healthy = (paid ? 1 : 0) * health.reward
    }
    if rules.controlCost.ofAppliedControls {
      terms.controlCost = rules.controlCost.weight * simulation.read(.controls) { sumOfSquares($0) }
    } else {
      // numpy 2 takes a Python float's side of a product to the array's precision.
      terms.controlCost = Double(Number(rules.controlCost.weight) * sumOfSquares(controls))
    }
    if let cost = rules.contactCost { terms.contactCost = contactCost(cost) }
    rewardTerms = terms
    let reward = (terms.forward + terms.healthy) - (terms.controlCost + terms.contactCost)
    let terminated = !healthy && rules.health?.terminates == true
    return Step(reward: reward, ending: terminated ? .terminated : nil, velocity: velocity)
  }

  @inline(__always)
  private func keepingFailure(_ work: () throws -> Void) throws {
    do {
      try work()
    } catch {
      failure = error
      throw error
    }
  }

  /// Where the robot is, metres; only differences matter. y is 0 for planar robots.
  private func place() -> SIMD2<Double> {
    switch displacement {
    case .coordinate:
      return simulation.read(.positions) { SIMD2($0[0], 0) }
    case .body(let index):
      return simulation.read(.bodyPositions) { SIMD2($0[3 * index], $0[3 * index + 1]) }
    case .massCenter(let masses, let total):
      // As numpy's einsum: body by body, a product and a sum each rounded.
      return simulation.read(.massCenters) { centers in
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
    return simulation.read(.positions) { positions in
      simulation.read(.velocities) { velocities in
        let height = positions[health.heightIndex]
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
    let squares = simulation.read(.externalForces) { forces in
      guard let range = rule.forceRange else { return sumOfSquares(forces) }
      return pairwiseSum(count: forces.count) { i in
        let force = range.clip(forces[i])
        return force * force
      }
    }
    let cost = rule.weight * squares
    return rule.costRange?.clip(cost) ?? cost
  }

  /// Refreshes ``observation`` in place.
  private func observe() {
    observation.withUnsafeMutableBufferPointer { target in
      var cursor = 0
      for part in rules.observation {
        simulation.read(part.quantity) { values in
          let first = part.skipped
          switch part.clip {
          case nil: for i in first..<values.count { target[cursor + i - first] = values[i] }
          case let range?: for i in first..<values.count { target[cursor + i - first] = range.clip(values[i]) }
          }
          cursor += values.count - first
        }
      }
    }
  }

  private func checkCount(_ given: Int) throws {
    let expected = specification.actionSize
    guard given == expected else {
      throw EnvironmentError.wrongActionCount(environment: specification.id, expected: expected, given: given)
    }
  }
}

// MARK: - Rules meet the model

extension LocomotionTask {
  /// Finds what moves forward, and refuses a model that the rules would misread.
  private static func resolve(
    _ rules: LocomotionRules, in model: Model, environment: String
  ) throws(EnvironmentError) -> ResolvedDisplacement {
    func refuse(_ reason: String) -> EnvironmentError {
      .modelDoesNotFit(path: model.path, environment: environment, reason: reason)
    }
    guard model.positionCount >= 3, model.velocityCount >= 3 else {
      throw refuse("its \(model.positionCount) positions are fewer than the 3 of a torso")
    }
    for part in rules.observation where part.count(in: model) < 0 {
      throw refuse("the observation leaves out \(part.skipped) numbers of \(part.name), more than there are")
    }
    if model.actuators.isEmpty { throw refuse("it has no actuators") }
    if let actuator = model.actuators.first(where: { !($0.low < $0.high) }) {
      throw refuse("its actuator '\(actuator.name)' has no control range (ctrlrange)")
    }
    switch rules.displacement {
    case .coordinate:
      return .coordinate
    case .massCenter:
      let masses = model.bodies.map(\.mass)
      return .massCenter(masses: masses, total: pairwiseSum(count: masses.count) { masses[$0] })
    case .body(let reference):
      let index = reference.asNumber.map { Int($0) } ?? model.bodies.firstIndex { $0.name == "\(reference)" }
      guard let index, model.bodies.indices.contains(index) else {
        let names = model.bodies.dropFirst().map(\.name).joined(separator: ", ")
        throw refuse("it has no body '\(reference)'; its bodies are \(names)")
      }
      return .body(index)
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

  func count(in model: Model) -> Int {
    switch self {
    case .positions: model.positionCount - skipped
    case .velocities, .actuatorForces: model.velocityCount - skipped
    case .inertias: 10 * model.bodies.count - skipped
    case .bodyVelocities, .externalForces: 6 * model.bodies.count - skipped
    }
  }
}
