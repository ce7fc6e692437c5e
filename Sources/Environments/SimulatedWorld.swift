import Gym
import MuJoCo

/// The world that a ``SimulatedTask`` acts in: a simulation with its actuators' ranges, and what the last step made of it.
final class SimulatedWorld {
  let specification: EnvironmentSpecification
  /// Refreshed in place by the task. Whoever still holds a copy then makes that step allocate another.
  var observation: [Double]
  var rewardTerms = RewardTerms()
  /// What MuJoCo said if the last step diverged, whether or not the task throws then.
  private(set) var divergence: Simulation.Divergence?
  /// Seconds per action: frame_skip × the model's time step.
  let controlPeriod: Double

  let parameters: Parameters
  let descriptors: [ParameterDescriptor]
  let model: Model
  let frameSkip: Int
  /// Whether steps compute contact forces, which takes a few per cent of their time.
  let needsExternalForces: Bool
  let initialPositions: [Double]
  let initialVelocities: [Double]
  private(set) var simulation: Simulation
  /// An action in the actuators' units, of the last ``scale(_:)``.
  private(set) var scaledAction: [Float]
  /// Control ranges in Float, as Gymnasium's action space has them.
  private let lowControls: [Float]
  private let highControls: [Float]
  private let throwsOnDivergence: Bool
  /// Why the simulation cannot go on until the next start: steps throw it again, as what they would go on from is half done.
  private var failure: (any Error)?

  /// The simulation in the model's initial state; the task then calls ``SimulatedTask/startAtRest()``.
  init(
    id: String, model: Model, observationSize: Int, timeLimit: Int, needsExternalForces: Bool = false, parameters: Parameters,
    descriptors: [ParameterDescriptor]
  ) throws {
    let frameSkip = try parameters.frameSkip()
    let simulation = try Simulation(model)
    self.model = model
    self.frameSkip = frameSkip
    self.needsExternalForces = needsExternalForces
    self.parameters = parameters
    self.descriptors = descriptors
    throwsOnDivergence = try parameters.throwsOnDivergence()
    controlPeriod = model.timestep * Double(frameSkip)
    specification = EnvironmentSpecification(
      id: id, observationSize: observationSize, actionSize: model.controlCount, timeLimit: timeLimit,
      costs: SafetyCost.costs(of: String(id.prefix { $0 != "-" })), libraries: EnvironmentCatalog.libraries,
      modelHash: ModelHash { try model.contentHash() })
    observation = Array(repeating: 0, count: observationSize)
    initialPositions = simulation.read(.positions) { Array($0) }
    initialVelocities = simulation.read(.velocities) { Array($0) }
    lowControls = model.actuators.map { Float($0.low) }
    highControls = model.actuators.map { Float($0.high) }
    scaledAction = Array(repeating: 0, count: model.controlCount)
    self.simulation = simulation
    guard controlPeriod.isFinite else {
      throw EnvironmentError.modelDoesNotFit(
        path: model.path, environment: id, reason: "\(frameSkip) of its time steps of \(model.timestep) s last for ever")
    }
  }

  // MARK: Episodes and steps

  /// Begins an episode from a given state.
  func start(positions: [Double], velocities: [Double]) throws {
    try keepingFailure {
      try simulation.reset()
      try simulation.setState(positions: positions, velocities: velocities)
      try simulation.forward()
    }
    failure = nil
    divergence = nil
    rewardTerms = RewardTerms()
  }

  /// Simulates one action's time.
  func advance(_ action: AppliedAction) throws {
    try keepingFailure {
      switch action {
      case .single(let controls): try simulation.setControls(controls)
      case .double(let controls): try simulation.setControls(controls)
      }
      try simulation.step(frameSkip)
      if needsExternalForces { try simulation.computeExternalForces() }
    }
    divergence = simulation.takeDivergence()
    if throwsOnDivergence, let divergence {
      throw EnvironmentError.diverged(environment: specification.id, reason: divergence.message)
    }
  }

  /// Throws again what ended the last step half done.
  func requireUsable() throws {
    if let failure { throw failure }
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

  // MARK: Actions

  /// ``scaledAction`` ← an action in [-1, 1] in the actuators' units.
  func scale(_ action: [Float]) throws {
    try checkCount(action.count)
    for i in action.indices { scaledAction[i] = control(i, for: action[i]) }
  }

  /// A component of an action in [-1, 1] in its actuator's units.
  func control(_ i: Int, for action: Float) -> Float {
    let (low, high) = (lowControls[i], highControls[i])
    // A symmetric range needs one multiplication, and [-1, 1] is left exactly alone.
    return low == -high ? action * high : low + 0.5 * (action + 1) * (high - low)
  }

  func checkCount(_ given: Int) throws {
    let expected = specification.actionSize
    guard given == expected else {
      throw EnvironmentError.wrongActionCount(environment: specification.id, expected: expected, given: given)
    }
  }

  /// Agents act in [-1, 1], which needs ranges to be scaled to; replayed controls need none, as in Gymnasium.
  func requireControlRanges() throws {
    for index in lowControls.indices where !(lowControls[index] < highControls[index]) {
      throw EnvironmentError.modelDoesNotFit(
        path: model.path, environment: parameters.environment,
        reason: "its actuator '\(model.actuators[index].name)' has no control range (ctrlrange)")
    }
  }
}
