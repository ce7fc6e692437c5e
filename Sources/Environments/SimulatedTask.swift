import Gym
import MuJoCo
import Random

/// A task of Gymnasium's in MuJoCo: it says what is observed and rewarded, and how episodes start. What all of them do alike is in the
/// protocol's extension, done to the task's ``world``.
///
/// Equal to Gymnasium 1.4 with numpy 2 bit for bit, which fixes the order of MuJoCo's calls and of every sum in the tasks.
protocol SimulatedTask: MuJoCoTask, BareComparableEnvironment, PosedEnvironment {
  var world: SimulatedWorld { get }

  /// Draws an episode's first state, positions before velocities, in the model's order.
  func drawStart<Generator: RandomNumberGenerator>(
    using generator: inout Generator
  ) -> (positions: [Double], velocities: [Double])

  /// Called before each step's controls are applied.
  func prepareStep()

  /// Refreshes the world's ``SimulatedWorld/observation`` in place.
  func observe()

  /// Gymnasium's reward and termination, after ``observe()``; keeps the world's ``SimulatedWorld/rewardTerms``.
  func score(_ action: AppliedAction) -> Step

  // For `hpo env show`; see EnvironmentSummary.
  var observationParts: [EnvironmentSummary.Part] { get }
  var rewardParts: [EnvironmentSummary.Term] { get }
  var startText: String { get }
  var terminationText: String { get }
}

extension SimulatedTask {
  func prepareStep() {}
  var terminationText: String { "never" }

  var specification: EnvironmentSpecification { world.specification }
  var observation: [Double] { world.observation }
  var rewardTerms: RewardTerms { world.rewardTerms }
  var divergence: Simulation.Divergence? { world.divergence }
  var controlPeriod: Double { world.controlPeriod }
  var qpos: [Double] { world.simulation.read(.positions) { Array($0) } }
  var qvel: [Double] { world.simulation.read(.velocities) { Array($0) } }

  // MARK: Episodes

  func reset<Generator: RandomNumberGenerator>(using generator: inout Generator) throws {
    try world.requireControlRanges()
    let start = drawStart(using: &generator)
    try setState(qpos: start.positions, qvel: start.velocities)
  }

  func setState(qpos: [Double], qvel: [Double]) throws {
    try world.start(positions: qpos, velocities: qvel)
    observe()
  }

  /// For a task's initializer: the first observation is that of the model's own state.
  func startAtRest() throws { try setState(qpos: world.initialPositions, qvel: world.initialVelocities) }

  // MARK: Steps

  func step(_ action: [Float]) throws -> Step {
    try world.requireControlRanges()
    try world.scale(action)
    return try world.scaledAction.withUnsafeBufferPointer { try step(applying: .single($0)) }
  }

  func controls(for action: [Float]) -> [Float] { action.indices.map { world.control($0, for: action[$0]) } }

  func step(controls: [Float]) throws -> Step {
    try world.checkCount(controls.count)
    return try controls.withUnsafeBufferPointer { try step(applying: .single($0)) }
  }

  func step(controls: [Double]) throws -> Step {
    try world.checkCount(controls.count)
    return try controls.withUnsafeBufferPointer { try step(applying: .double($0)) }
  }

  /// Gymnasium's `step`, in its order.
  private func step(applying action: AppliedAction) throws -> Step {
    try world.requireUsable()
    prepareStep()
    try world.advance(action)
    observe()
    return score(action)
  }

  // MARK: What a task is made of

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
