import Agents
import Configuration
import Experience
import Gym
import HDF5
import LinearAlgebra
import NeuralNetworks
import Random
import Records
import TestSupport
import Testing
import Training

/// A run knows an agent by its protocol alone: one of the test's own, unlike any of the library's, learns, stops and goes on.
@Suite struct OwnAgentTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func settings(_ kind: AgentKind, steps: Int = 400) -> Settings {
    var settings = Settings.smallTask(.sac, steps: steps)
    (settings.kind, settings.variant) = (kind, "homing")
    settings.batchSize = 10
    settings.lanes = 3
    (settings.warmupSteps, settings.updateAfter) = (50, 60)
    (settings.loggingInterval, settings.evaluationInterval, settings.checkpointInterval) = (100, 200, 400)
    settings.evaluationEpisodes = 1
    return settings
  }

  private func train(_ settings: Settings, in name: String, until stop: Int = .max) throws {
    let directory = RunDirectory(path: "\(folder.path)/\(name)")
    let run = try TrainingRun(settings, directory: directory) { PointMass() }
    run.stopRequest = { [unowned run] in run.stepsTaken == stop ? .terminate : nil }
    do {
      try run.run()
    } catch RunError.interrupted {
      #expect(run.stepsTaken == stop)
    }
  }

  @Test(arguments: [170, 230]) func `an agent of one's own goes on where it stopped, bit for bit`(_ stop: Int) throws {
    let kind = AgentKind("homing", HomingAgent.self)
    try train(settings(kind), in: "whole")
    try train(settings(kind), in: "run", until: stop)
    try train(settings(kind), in: "run")
    #expect(try runContents(of: "\(folder.path)/run") == runContents(of: "\(folder.path)/whole"))
  }

  @Test func `an algorithm of one's own, whose agent it is, is read from files that name it, and acts`() throws {
    let algorithm = Algorithm("homing") { $0.kind = AgentKind("homing", HomingAgent.self) }
    let catalogue = AlgorithmCatalogue([algorithm], groups: [RunSettings.self, ActorCriticSettings.self])
    var settings = Settings(environment: "PointMass-v0", algorithm: algorithm, in: catalogue)
    (settings.steps, settings.warmupSteps, settings.updateAfter, settings.batchSize) = (120, 50, 60, 10)
    settings.evaluationEpisodes = 1
    try train(settings, in: "run")
    let directory = RunDirectory(path: "\(folder.path)/run")
    let known = EnvironmentRegistry([.init("PointMass-v0") { _ in PointMass() }])
    let again = try Settings(layers: try SettingsFile.entries(ofFile: directory.config), in: known, algorithms: catalogue)
    #expect(again == settings && again.kind.name == "homing")
    let policy = try TrainedPolicy(run: directory, algorithms: catalogue)
    let gain: [Float] = try HDF5File.open(at: directory.checkpoint).read("networks/gain/gain")
    #expect(try policy.action(at: [0.1, -0.2, 0, 0]) == [-gain[0] * 0.1, gain[1] * 0.2])
    #expect(try policy.evaluate(in: PointMass(), episodes: 2).returns.count == 2)
    let unknown = #expect(throws: SettingsError.self) { try TrainedPolicy(run: directory) }
    #expect(unknown?.description.hasPrefix("\(directory.checkpoint), line 2: unknown algorithm 'homing'; known are sac-hpo") == true)
  }

  @Test func `its state, its scalars and what its actor says are in the run's files by their names`() throws {
    try train(settings(AgentKind("homing", HomingAgent.self), steps: 250), in: "run", until: 230)
    let checkpoint = try HDF5File.open(at: "\(folder.path)/run/checkpoint.h5")
    #expect(try checkpoint.group("networks").childNames == ["gain"])
    #expect(try checkpoint.group("networks").attribute("agent") == "homing")
    #expect(try checkpoint.group("networks").attribute("strength") == 0.5)
    #expect(try checkpoint.group("homing").attribute("updates") == 171)
    #expect(try checkpoint.group("optimizers").childNames == ["gain"])
    #expect(try checkpoint.read("homing/returns", as: Double.self).count == 3)
    let curve = try HDF5File.open(at: "\(folder.path)/run/curve.h5")
    #expect(try curve.group("update").childNames.sorted() == ["homing_loss", "noise_size", "step", "steps_per_second"])
    let noise: [Double] = try curve.read("update/noise_size")
    #expect(noise.count == 2 && noise.allSatisfy { $0 > 0.1 && $0 < 1 })
  }

  @Test func `a scalar that came later leaves a run's checkpoint readable: its past is NaN`() throws {
    try train(settings(AgentKind("homing", HomingAgent.self)), in: "run", until: 230)
    try train(settings(AgentKind("homing", TalkativeAgent.self)), in: "run")
    let curve = try HDF5File.open(at: "\(folder.path)/run/curve.h5")
    let updates: [Double] = try curve.read("update/updates")
    // The rows of steps 100 and 200, the one that was half done, and one of steps 301 to 400, of updates 242 to 341.
    #expect(updates.map(\.isNaN) == [true, true, true, false] && updates[3] == 291.5)
    let losses: [Double] = try curve.read("update/homing_loss")
    #expect(losses.count == 4 && losses.allSatisfy(\.isFinite))
  }
}

/// a = −tanh(gain ⊙ position) plus noise; the gains are drawn towards 2 by regression.
private class HomingAgent: Agent {
  final class Lane {
    let batch: Minibatch<Float>
    let gain: ParameterSet<Float>
    let gradient: ParameterSet<Float>
    var loss = 0.0

    init(_ batch: Minibatch<Float>, _ gain: ParameterSet<Float>) {
      (self.batch, self.gain, gradient) = (batch, gain, gain.zeros())
    }

    /// Gradient of mean ‖(gain − 2) ⊙ position‖² over the batch, of which these rows are a share.
    func setGradient(batchSize: Int) {
      gradient.values.fill(0)
      loss = 0
      for row in 0..<batch.size {
        for j in 0..<2 {
          let error = (gain.values[j] - 2) * batch.observations[row, j]
          loss += Double(error * error)
          gradient.values[j] += 2 * error * batch.observations[row, j] / Float(batchSize)
        }
      }
    }
  }

  final class Rule: ActingRule {
    let agent: HomingAgent
    let draws: Bool
    let chosen = Matrix<Float>(rows: 1, columns: 2)
    let noiseSize = ActingScalar("noise_size")
    var scalars: [ActingScalar] { draws ? [noiseSize] : [] }

    init(_ agent: HomingAgent, draws: Bool) { (self.agent, self.draws) = (agent, draws) }

    func action(at observation: Matrix<Float>, using generator: inout SeededGenerator) -> Matrix<Float> {
      for j in 0..<2 {
        let noise = draws ? 0.5 * generator.standardNormal() : 0
        if draws { noiseSize.add(abs(noise)) }
        chosen[0, j] = -agent.gain.values[j] * observation[0, j] + Float(noise)
      }
      return chosen
    }
  }

  let settings: AgentSettings
  let minibatch: Minibatch<Float>
  let gain = ParameterSet<Float>([("gain", [2])])
  let lanes: Lanes<Lane>
  let training: [TrainedNetwork<Float>]
  private(set) var report = UpdateReport([])
  private let setGradients: UpdatePhase
  private let step: UpdatePhase
  fileprivate var updates = 0
  private var returns: [Double] = []
  private var strength = 0.5
  private var generator: SeededGenerator

  required init(_ settings: AgentSettings, seed: UInt64, pool: WorkerPool) {
    self.settings = settings
    let batch = Minibatch<Float>(
      size: settings.batchSize, observationSize: settings.observationSize, actionSize: settings.actionSize)
    minibatch = batch
    generator = SeededGenerator(seed: seed, stream: 77)
    let gain = gain
    lanes = Lanes(settings.lanes, rows: settings.batchSize, pool: pool) { _, rows in Lane(batch.rows(rows), gain) }
    training = TrainedNetwork.networks(
      lanes.all.map { [ParameterGradient("gain", $0.gain, gradient: $0.gradient)] },
      settings: AdamSettings(learningRate: settings.learningRate))
    setGradients = lanes.phase("gradients") { $0.setGradient(batchSize: settings.batchSize) }
    step = lanes.step("step", training)
    report = UpdateReport(scalars)
  }

  var scalars: [UpdateReport.Scalar] {
    [UpdateReport.Scalar("homing_loss", mustBeFinite: "homing loss") { [unowned self] in lanes.mean { $0.loss } }]
  }

  func update() throws(AgentError) {
    updates += 1
    // Something that only a generator's state decides.
    minibatch.observations[0, 0] += Float(0.01 * generator.standardNormal())
    setGradients()
    step()
    report.take()
    try report.checkFinite()
  }

  var observer: (any UpdateObserver)? {
    get { lanes.observer }
    set { lanes.observer = newValue }
  }

  func makeActor() -> ActingPolicy<Float> {
    ActingPolicy(
      exploration: Rule(self, draws: true), evaluation: Rule(self, draws: false), observationSize: settings.observationSize,
      actionSize: settings.actionSize)
  }

  func episodeEnded(_ episode: EpisodeSummary) {
    if episode.beganRandomly { return }
    returns = Array((returns + [episode.totalReward]).suffix(5))
    strength = 0.5
  }

  var networks: [NamedParameters<Float>] { [("gain", gain)] }
  var networkAttributes: [AgentState<Float>] {
    [AgentState("strength", .number(get: { self.strength }, set: { self.strength = $0 }))]
  }
  var state: [AgentState<Float>] {
    training.flatMap { $0.state } + [
      AgentState("homing/updates", .count(get: { self.updates }, set: { self.updates = $0 })),
      AgentState("homing/returns", .numbers(get: { self.returns }, set: { self.returns = $0 }, limit: 5)),
      AgentState("random/homing", .generator(get: { self.generator }, set: { self.generator = $0 })),
    ]
  }
  var noise: [(name: String, values: Matrix<Float>)] { [] }
  func probe() -> ProbeReport<Float> { ProbeReport() }
  static func operationsPerUpdate(_ settings: AgentSettings) -> Double { 0 }
  static func layerShapes(_ settings: AgentSettings) -> [(layer: String, shape: [Int?])] { [] }
}

/// The same agent with one scalar more: one line.
private final class TalkativeAgent: HomingAgent {
  override var scalars: [UpdateReport.Scalar] {
    super.scalars + [UpdateReport.Scalar("updates") { [unowned self] in Double(updates) }]
  }
}
