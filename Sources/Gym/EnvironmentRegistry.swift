import Support

/// Environments by name: what commands and settings know of tasks. Whoever has environments makes one and hands it in.
public struct EnvironmentRegistry: Sendable {
  /// One environment: its names, its parameters and how it is made.
  public struct Entry: Sendable {
    /// Full name with version, as in Gymnasium's registry: `HalfCheetah-v4`.
    public var id: String
    /// Other names of the same.
    public var aliases: [String]
    /// What can be set of it, as `environment.<name>`.
    public var parameters: [ParameterDescriptor]
    /// The safety costs that it offers.
    public var costs: [SafetyCost]
    private let make: @Sendable (Parameters) throws -> any Environment

    /// - Parameters:
    ///   - costs: by default ``SafetyCost/own``.
    ///   - make: makes it, with every parameter given.
    public init(
      _ id: String, aliases: [String] = [], parameters: [ParameterDescriptor] = [], costs: [SafetyCost] = [.own],
      make: @escaping @Sendable (Parameters) throws -> any Environment
    ) {
      self.id = id
      self.aliases = aliases
      self.parameters = parameters
      self.costs = costs
      self.make = make
    }

    /// - Parameter given: text is read as the parameter's kind, defaults hold for the rest.
    /// - Throws: ``EnvironmentError`` for parameters that it does not have; what making it throws.
    public func environment(_ given: [String: ParameterValue] = [:]) throws -> any Environment {
      let made = try make(Parameters(given, descriptors: parameters, environment: id))
      let (declared, offered) = (costs.map(\.name), made.specification.costs.map(\.name))
      // Settings are checked by the entry before the environment is there.
      demand(declared == offered, "the entry '\(id)' declares the costs \(declared), but the environment offers \(offered)")
      return made
    }

    /// Checks parameters without making the environment, and fills in the defaults.
    public func complete(_ given: [String: ParameterValue]) throws(EnvironmentError) -> [String: ParameterValue] {
      try Parameters(given, descriptors: parameters, environment: id).values
    }
  }

  public let entries: [Entry]
  /// What they compute with, for `hpo --version`.
  public let libraries: [LibraryVersion]
  private let refused: [String: EnvironmentError]

  /// - Parameters:
  ///   - entries: in the order of the list that `hpo env list` prints, no name twice.
  ///   - libraries: what they compute with.
  ///   - refused: names that people may expect here, and why there is nothing behind them.
  public init(_ entries: [Entry], libraries: [LibraryVersion] = [], refused: [String: EnvironmentError] = [:]) {
    self.libraries = libraries
    self.refused = refused
    var names: Set<String> = []
    for name in entries.flatMap({ [$0.id] + $0.aliases }) {
      demand(names.insert(name).inserted, "two environments are called '\(name)'; an id or a short name means one")
    }
    self.entries = entries
  }

  /// Full names, in order.
  public var ids: [String] { entries.map(\.id) }

  /// The environment behind an id or a short name.
  /// - Throws: ``EnvironmentError/unknownEnvironment(_:nearest:known:)``.
  public func entry(_ name: String) throws(EnvironmentError) -> Entry {
    if let entry = entries.first(where: { $0.id == name || $0.aliases.contains(name) }) { return entry }
    if let error = refused[name] { throw error }
    throw .unknownEnvironment(name, nearest: nearestName(to: name, among: entries.flatMap { $0.aliases + [$0.id] }), known: ids)
  }

  /// An environment, with its initial state's observation.
  /// - Throws: ``EnvironmentError``; what making it throws.
  public func make(_ name: String, parameters: [String: ParameterValue] = [:]) throws -> any Environment {
    try entry(name).environment(parameters)
  }
}
