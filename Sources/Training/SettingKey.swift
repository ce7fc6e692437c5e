import Agents

/// One key of the settings file: how to read, check and print it.
public struct SettingKey: Sendable {
  /// As settings files have it: snake case.
  public let name: String
  /// What values make sense: `a number from 0 to 1`.
  public let expectation: String
  /// What it is, in a line.
  public let meaning: String
  /// The value in force, as a settings file would have it.
  public let text: @Sendable (Settings) -> String
  /// Takes a value in; false when it makes no sense.
  let set: @Sendable (inout Settings, String) -> Bool

  /// Every key but `environment`, `algorithm` and the environment's own, in the order of `config.yaml`.
  public static let all: [SettingKey] = [
    integer("seed", \.seed, 0..., "random streams of the run"),
    integer("steps", \.steps, 1..., "environment steps"),
    integer("threads", \.threads, 1...64, "threads of an update, of which two can be used; they change the speed, not the numbers"),
    number("gamma", \.gamma, SettingRanges.share, "discount γ per step"),
    number("tau", \.tau, SettingRanges.share, "Polyak rate τ of the target critics"),
    integer("batch_size", \.batchSize, SettingRanges.batchSize, "transitions per update"),
    integer("replay_capacity", \.replayCapacity, 1...1_000_000_000, "transitions held in memory"),
    positive("learning_rate", \.learningRate, "Adam's step size"),
    integer("warmup_steps", \.warmupSteps, 0..., "steps with uniformly random actions at the start"),
    integer("update_after", \.updateAfter, 1..., "transitions stored before updates begin"),
    positive("alpha", \.alpha, "temperature α; the initial one when learned"),
    choice("temperature", \.temperature, "whether α is learned"),
    integer("hidden_size", \.hiddenSize, SettingRanges.hiddenSize, "units of critics' and policy's hidden layers"),
    integer("policy_hidden_layers", \.policyHiddenLayers, SettingRanges.policyHiddenLayers, "hidden layers of the base policy"),
    choice("exploration_policy", \.explorationPolicy, "how actions are evolved while exploring"),
    choice("training_policy", \.trainingPolicy, "how actions are evolved in training and evaluation"),
    integer("leapfrog_steps", \.leapfrogSteps, SettingRanges.leapfrogSteps, "K"),
    positive("leapfrog_step_size", \.leapfrogStepSize, "ε"),
    integer("leapfrog_hidden_size", \.leapfrogHiddenSize, SettingRanges.hiddenSize, "hₙ, hidden units of T_h and σ_h"),
    flag("leapfrog_state_input", \.leapfrogStateInput, "whether T_h and σ_h read the state"),
    choice("momentum", \.momentum, "where p₀ comes from"),
    positive("momentum_std_training", \.momentumStdTraining, "1/√β in training"),
    positive("momentum_std_exploration", \.momentumStdExploration, "1/√β in exploration"),
    choice("boundary", \.boundary, "what happens at the walls of the action box"),
    choice("hamiltonian_critic", \.hamiltonianCritic, "whose minimum the leapfrog climbs"),
    flag("momentum_in_value", \.momentumInValue, "whether y holds the momentum's terms"),
    integer("flows", \.flows, SettingRanges.flows, "radial flows of a flow policy"),
    choice("flow_std", \.flowStd, "whether a flow policy's σ depends on the state"),
    choice("cost", \.cost, "the safety cost that is recorded"),
    choice("constraint", \.constraint, "how the cost is kept below its limit"),
    costLimit,
    positive("multiplier_rate", \.multiplierRate, "η of the Lagrange multiplier"),
    integer(
      "safe_leapfrog_steps", \.safeLeapfrogSteps, SettingRanges.leapfrogSteps, "most leapfrog steps for one filtered action"),
    integer("evaluation_interval", \.evaluationInterval, 1..., "steps between evaluations"),
    integer("evaluation_episodes", \.evaluationEpisodes, 1...10_000, "episodes per evaluation"),
    integer("checkpoint_interval", \.checkpointInterval, 1..., "steps between checkpoints"),
    integer("logging_interval", \.loggingInterval, 1..., "steps that /update rows are averaged over"),
  ]

  private static let costLimit = SettingKey(
    name: "cost_limit", expectation: "a number above 0, or default", meaning: "d₀ on the discounted cost",
    text: { $0.costLimit.map { "\($0)" } ?? "default" }
  ) { settings, text in
    if text == "default" {
      settings.costLimit = nil
      return true
    }
    guard let value = Double(text), SettingRanges.positive.contains(value) else { return false }
    settings.costLimit = value
    return true
  }

  static func named(_ name: String) -> SettingKey? { all.first { $0.name == name } }

  private static func integer(
    _ name: String, _ path: WritableKeyPath<Settings, Int> & Sendable, _ range: ClosedRange<Int>, _ meaning: String
  ) -> SettingKey {
    SettingKey(
      name: name,
      expectation: range.upperBound == .max
        ? "an integer, \(range.lowerBound) or more" : "an integer from \(range.lowerBound) to \(range.upperBound)",
      meaning: meaning, text: { "\($0[keyPath: path])" }
    ) { settings, text in
      // Underscores group digits, as in YAML 1.1 and Swift: 1_000_000. 1e6 counts as well.
      let digits = text.filter { $0 != "_" }
      guard let value = Int(digits) ?? Double(digits).flatMap({ Int(exactly: $0) }), range.contains(value) else { return false }
      settings[keyPath: path] = value
      return true
    }
  }

  private static func integer(
    _ name: String, _ path: WritableKeyPath<Settings, Int> & Sendable, _ range: PartialRangeFrom<Int>, _ meaning: String
  ) -> SettingKey {
    integer(name, path, range.lowerBound...Int.max, meaning)
  }

  private static func number(
    _ name: String, _ path: WritableKeyPath<Settings, Double> & Sendable, _ range: ClosedRange<Double>, _ meaning: String
  ) -> SettingKey {
    SettingKey(
      name: name, expectation: "a number from \(range.lowerBound) to \(range.upperBound)", meaning: meaning,
      text: { "\($0[keyPath: path])" }
    ) { settings, text in
      guard let value = Double(text), range.contains(value) else { return false }
      settings[keyPath: path] = value
      return true
    }
  }

  private static func positive(
    _ name: String, _ path: WritableKeyPath<Settings, Double> & Sendable, _ meaning: String
  ) -> SettingKey {
    SettingKey(name: name, expectation: "a number above 0", meaning: meaning, text: { "\($0[keyPath: path])" }) {
      settings, text in
      guard let value = Double(text), SettingRanges.positive.contains(value) else { return false }
      settings[keyPath: path] = value
      return true
    }
  }

  private static func flag(
    _ name: String, _ path: WritableKeyPath<Settings, Bool> & Sendable, _ meaning: String
  ) -> SettingKey {
    SettingKey(name: name, expectation: "true or false", meaning: meaning, text: { "\($0[keyPath: path])" }) {
      settings, text in
      guard let value = Bool(text.lowercased()) else { return false }
      settings[keyPath: path] = value
      return true
    }
  }

  private static func choice<Value: RawRepresentable<String> & CaseIterable & Sendable>(
    _ name: String, _ path: WritableKeyPath<Settings, Value> & Sendable, _ meaning: String
  ) -> SettingKey {
    let names = Value.allCases.map(\.rawValue).joined(separator: ", ")
    return SettingKey(
      name: name, expectation: "one of \(names)", meaning: meaning, text: { $0[keyPath: path].rawValue }
    ) { settings, text in
      guard let value = Value(rawValue: text) else { return false }
      settings[keyPath: path] = value
      return true
    }
  }
}
