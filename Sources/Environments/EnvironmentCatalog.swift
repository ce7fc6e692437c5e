import MuJoCo

/// Every environment by name.
public enum EnvironmentCatalog {
  /// MuJoCo's version.
  public static var simulatorVersion: String { mujocoVersion }

  /// The pybullet release that Bullet is built from, as pinned.
  public static let bulletVersion = "\(RoboschoolHumanoid.pybulletVersion) (pybullet)"

  /// Full names, in the order of the list that `hpo env list` prints.
  public static let ids = entries.map(\.id)

  /// The full name behind `name`: `HalfCheetah` means `HalfCheetah-v2`.
  public static func id(of name: String) throws(EnvironmentError) -> String { try entry(name).id }

  /// The parameters of an environment, with this version's defaults.
  public static func parameters(of name: String) throws(EnvironmentError) -> [ParameterDescriptor] {
    try entry(name).descriptors
  }

  /// Checks parameters without making the environment, and fills in the defaults.
  /// - Returns: every parameter of the environment, each as its kind.
  public static func complete(
    _ given: [String: ParameterValue], of name: String
  ) throws(EnvironmentError) -> [String: ParameterValue] {
    let entry = try entry(name)
    return try Parameters(given, descriptors: entry.descriptors, environment: entry.id).values
  }

  /// An environment, with its initial state's observation.
  /// - Parameters:
  ///   - name: an id or a short name.
  ///   - parameters: by Gymnasium's names; text is read as the parameter's kind, defaults hold for the rest.
  public static func make(
    _ name: String, parameters: [String: ParameterValue] = [:]
  ) throws -> any DescribedEnvironment {
    let entry = try entry(name)
    return try entry.make(Parameters(parameters, descriptors: entry.descriptors, environment: entry.id))
  }
}

extension EnvironmentCatalog {
  private struct Entry: Sendable {
    var id: String
    /// Other names of the same.
    var aliases: [String]
    var descriptors: [ParameterDescriptor]
    var make: @Sendable (Parameters) throws -> any DescribedEnvironment
  }

  private static let entries: [Entry] =
    family(HalfCheetah.self) + family(Hopper.self) + family(Walker2d.self) + family(Ant.self) + family(Humanoid.self)
    + family(InvertedPendulum.self) + family(InvertedDoublePendulum.self) + family(Reacher.self) + family(Pusher.self)
    + family(Swimmer.self) + family(HumanoidStandup.self)
    + [Entry(id: Pendulum.id, aliases: ["Pendulum"], descriptors: Pendulum.descriptors) { try Pendulum($0) }]
    + RoboschoolHumanoid.Variant.allCases.map(roboschool)

  private static func roboschool(_ variant: RoboschoolHumanoid.Variant) -> Entry {
    Entry(id: variant.id, aliases: [variant.shortName], descriptors: []) { _ in try RoboschoolHumanoid(variant) }
  }

  private static func family<Family: TaskFamily>(_ family: Family.Type) -> [Entry] {
    Family.versions.map { version in
      let id = "\(Family.name)-\(version.rawValue)"
      let descriptors = Family.parameters(version)
      let aliases = version == Family.versions.first ? [Family.name] : []
      return Entry(id: id, aliases: aliases, descriptors: descriptors) { try Family.make(version, $0, descriptors) }
    }
  }

  /// Tasks that Gymnasium has and refuses to make with its own newest MuJoCo, so that they are not taken for typing errors.
  private static let unsupported: [String: EnvironmentError] = Dictionary(
    uniqueKeysWithValues: ["Pusher-v2", "Pusher-v4"].map {
      ($0, .unsupportedEnvironment($0, reason: "its rules need a MuJoCo older than 3", instead: "Pusher-v5"))
    })

  private static func entry(_ name: String) throws(EnvironmentError) -> Entry {
    if let entry = entries.first(where: { $0.id == name || $0.aliases.contains(name) }) { return entry }
    if let error = unsupported[name] { throw error }
    let names = entries.flatMap { $0.aliases + [$0.id] }
    throw .unknownEnvironment(name, nearest: nearestName(to: name, among: names), known: ids)
  }
}
