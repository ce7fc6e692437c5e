/// What an environment is made of, told to a newcomer by `hpo env show`.
public struct EnvironmentSummary: Sendable, Equatable {
  /// A number of the observation or the action.
  public struct Element: Sendable, Equatable {
    /// For instance "rootz" or "torso: torque x".
    public var name: String
    public var unit: String

    public init(name: String, unit: String) {
      self.name = name
      self.unit = unit
    }
  }

  /// A run of the observation.
  public struct Part: Sendable, Equatable {
    /// The simulator's name: "qpos".
    public var name: String
    public var meaning: String
    public var range: Range<Int>
    /// One per index of `range`.
    public var elements: [Element]

    public init(name: String, meaning: String, range: Range<Int>, elements: [Element]) {
      self.name = name
      self.meaning = meaning
      self.range = range
      self.elements = elements
    }
  }

  /// A control, in the task's own units; agents' [-1, 1] is scaled to low…high.
  public struct Control: Sendable, Equatable {
    public var name: String
    /// With what one unit of control is: "× 150 N m".
    public var unit: String
    public var low: Double
    public var high: Double

    public init(name: String, unit: String, low: Double, high: Double) {
      self.name = name
      self.unit = unit
      self.low = low
      self.high = high
    }
  }

  /// A summand of the reward.
  public struct Term: Sendable, Equatable {
    public var name: String
    /// With the weights in force, for instance "+ 1 × x velocity (m/s)".
    public var formula: String

    public init(name: String, formula: String) {
      self.name = name
      self.formula = formula
    }
  }

  public struct Parameter: Sendable, Equatable {
    public var descriptor: ParameterDescriptor
    public var value: ParameterValue

    public init(descriptor: ParameterDescriptor, value: ParameterValue) {
      self.descriptor = descriptor
      self.value = value
    }
  }

  public var id: String
  /// Where rules and model come from.
  public var source: String
  public var modelPath: String
  /// Seconds per action.
  public var controlPeriod: Double
  public var timeLimit: Int?
  public var observation: [Part]
  public var action: [Control]
  public var reward: [Term]
  public var start: String
  public var termination: String
  public var parameters: [Parameter]

  public init(
    id: String, source: String, modelPath: String, controlPeriod: Double, timeLimit: Int?, observation: [Part], action: [Control],
    reward: [Term], start: String, termination: String, parameters: [Parameter]
  ) {
    self.id = id
    self.source = source
    self.modelPath = modelPath
    self.controlPeriod = controlPeriod
    self.timeLimit = timeLimit
    self.observation = observation
    self.action = action
    self.reward = reward
    self.start = start
    self.termination = termination
    self.parameters = parameters
  }
}

/// An environment that can tell what it is made of.
public protocol DescribedEnvironment: Environment {
  /// For `hpo env show`: the parts of observation, action and reward, how episodes start and end, the parameters.
  var summary: EnvironmentSummary { get }
}
