import Gym
import MuJoCo
import Random
import Support

/// A task of Gymnasium's in MuJoCo: what all of them do alike. Subclasses say what is observed and rewarded, and how episodes start.
///
/// Equal to Gymnasium 1.4 with numpy 2 bit for bit, which fixes the order of MuJoCo's calls and of every sum in the subclasses.
public class SimulatedTask: MuJoCoTask {
  public final let specification: EnvironmentSpecification
  /// Refreshed in place by `reset` and `step`. Whoever still holds a copy then makes that step allocate another.
  public internal(set) final var observation: [Double]
  public internal(set) final var rewardTerms = RewardTerms()
  /// What MuJoCo said if the last step diverged, whether or not the task throws then.
  public private(set) final var divergence: Simulation.Divergence?
  /// Seconds per action: frame_skip × the model's time step.
  public final let controlPeriod: Double

  final let parameters: Parameters
  final let descriptors: [ParameterDescriptor]
  final let model: Model
  final let frameSkip: Int
  /// Whether steps compute contact forces, which takes a few per cent of their time.
  final let needsExternalForces: Bool
  final let initialPositions: [Double]
  final let initialVelocities: [Double]
  private(set) final var simulation: Simulation
  /// Control ranges in Float, as Gymnasium's action space has them.
  private let lowControls: [Float]
  private let highControls: [Float]
  private var scaledAction: [Float]
  private let throwsOnDivergence: Bool
  /// Why the simulation cannot go on until the next reset: steps throw it again, as what they would go on from is half done.
  private var failure: (any Error)?

  /// The simulation in the model's initial state; the subclass then calls ``startAtRest()``.
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
      modelHash: try model.contentHash())
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

  /// Loads the model that a task is to act on.
  /// - Throws: `MuJoCoError` when MuJoCo refuses it, ``EnvironmentError/modelDoesNotFit(path:environment:reason:)`` when no task can act on it.
  static func loadModel(_ parameters: Parameters) throws -> Model {
    let model = try Model(contentsOf: try AssetFolder.model(try parameters.text("xml_file")))
    if model.actuators.isEmpty { throw refusal(of: model, parameters, "it has no actuators") }
    guard model.timestep > 0, model.timestep.isFinite else {
      throw refusal(of: model, parameters, "its time step is \(model.timestep) s; <option timestep> must be above 0")
    }
    return model
  }

  /// What to throw for a model that the rules would misread.
  static func refusal(of model: Model, _ parameters: Parameters, _ reason: String) -> EnvironmentError {
    .modelDoesNotFit(path: model.path, environment: parameters.environment, reason: reason)
  }

  /// Where in the body frames' positions a body of the model begins.
  static func body(_ name: String, of model: Model, _ parameters: Parameters) throws(EnvironmentError) -> Int {
    guard let index = model.bodies.firstIndex(where: { $0.name == name }) else {
      let names = model.bodies.dropFirst().map(\.name).joined(separator: ", ")
      throw refusal(of: model, parameters, "it has no body '\(name)'; its bodies are \(names)")
    }
    return 3 * index
  }

  // MARK: What a task decides

  /// The model's own camera, unless a subclass knows a better place.
  public var viewpoint: Viewpoint? { nil }

  /// Draws an episode's first state, positions before velocities, in the model's order.
  func drawStart<Generator: RandomNumberGenerator>(
    using generator: inout Generator
  ) -> (positions: [Double], velocities: [Double]) {
    trap("\(Self.self) does not say how its episodes start")
  }

  /// Called before each step's controls are applied.
  func prepareStep() {}

  /// Refreshes ``observation`` in place.
  func observe() { trap("\(Self.self) does not say what is observed") }

  /// Gymnasium's reward and termination, after ``observe()``; keeps ``rewardTerms``.
  func score(_ action: AppliedAction) -> Step { trap("\(Self.self) does not say what is rewarded") }

  // For `hpo env show`; see EnvironmentSummary.
  var observationParts: [EnvironmentSummary.Part] { [] }
  var rewardParts: [EnvironmentSummary.Term] { [] }
  var startText: String { "" }
  var terminationText: String { "never" }

  // MARK: Episodes

  public final func reset<Generator: RandomNumberGenerator>(using generator: inout Generator) throws {
    try requireControlRanges()
    let start = drawStart(using: &generator)
    try setState(qpos: start.positions, qvel: start.velocities)
  }

  public final func setState(qpos: [Double], qvel: [Double]) throws {
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

  final func startAtRest() throws { try setState(qpos: initialPositions, qvel: initialVelocities) }

  public final var qpos: [Double] { simulation.read(.positions) { Array($0) } }
  public final var qvel: [Double] { simulation.read(.velocities) { Array($0) } }

  // MARK: Steps

  public final func step(_ action: [Float]) throws -> Step {
    try checkCount(action.count)
    try requireControlRanges()
    for i in action.indices { scaledAction[i] = control(i, for: action[i]) }
    return try scaledAction.withUnsafeBufferPointer { try advance(.single($0)) }
  }

  public final func controls(for action: [Float]) -> [Float] { action.indices.map { control($0, for: action[$0]) } }

  private func control(_ i: Int, for action: Float) -> Float {
    let (low, high) = (lowControls[i], highControls[i])
    // A symmetric range needs one multiplication, and [-1, 1] is left exactly alone.
    return low == -high ? action * high : low + 0.5 * (action + 1) * (high - low)
  }

  public final func step(controls: [Float]) throws -> Step {
    try checkCount(controls.count)
    return try controls.withUnsafeBufferPointer { try advance(.single($0)) }
  }

  public final func step(controls: [Double]) throws -> Step {
    try checkCount(controls.count)
    return try controls.withUnsafeBufferPointer { try advance(.double($0)) }
  }

  /// Gymnasium's `step`, in its order.
  private func advance(_ action: AppliedAction) throws -> Step {
    if let failure { throw failure }
    prepareStep()
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
    observe()
    return score(action)
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

  private func checkCount(_ given: Int) throws {
    let expected = specification.actionSize
    guard given == expected else {
      throw EnvironmentError.wrongActionCount(environment: specification.id, expected: expected, given: given)
    }
  }

  /// Agents act in [-1, 1], which needs ranges to be scaled to; replayed controls need none, as in Gymnasium.
  private func requireControlRanges() throws {
    for index in lowControls.indices where !(lowControls[index] < highControls[index]) {
      throw Self.refusal(
        of: model, parameters, "its actuator '\(model.actuators[index].name)' has no control range (ctrlrange)")
    }
  }
}

/// A step's controls in the precision that they were given in: like Gymnasium under numpy 2, tasks compute what controls cost in it.
enum AppliedAction {
  case single(UnsafeBufferPointer<Float>)
  case double(UnsafeBufferPointer<Double>)

  /// weight × `numpy.square(action).sum()`; numpy 2 takes a Python float's side of a product to the array's precision.
  func squaredNorm(times weight: Double) -> Double {
    switch self {
    case .single(let values): Double(Float(weight) * sumOfSquares(values))
    case .double(let values): weight * sumOfSquares(values)
    }
  }
}
