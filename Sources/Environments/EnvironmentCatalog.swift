import Gym
import MuJoCo
import Support

/// Every environment by name.
public enum EnvironmentCatalog {
  /// MuJoCo's version.
  public static var simulatorVersion: String { mujocoVersion }

  /// The pybullet release that Bullet is built from, as pinned.
  public static let bulletVersion = "\(RoboschoolHumanoid.pybulletVersion) (pybullet)"

  /// Every environment of this package, to be handed to what makes environments by name.
  public static let registry = EnvironmentRegistry(
    family(HalfCheetah.self) + family(Hopper.self) + family(Walker2d.self) + family(Ant.self) + family(Humanoid.self)
      + family(InvertedPendulum.self) + family(InvertedDoublePendulum.self) + family(Reacher.self) + family(Pusher.self)
      + family(Swimmer.self) + family(HumanoidStandup.self)
      + [.init(Pendulum.id, aliases: ["Pendulum"], parameters: Pendulum.descriptors, costs: []) { try Pendulum($0) }]
      + RoboschoolHumanoid.Variant.allCases.map(roboschool),
    libraries: libraries, refused: unsupported)

  /// What all of them are said to compute with, whichever they do.
  static let libraries = [LibraryVersion("mujoco_version", simulatorVersion), LibraryVersion("bullet_version", bulletVersion)]

  /// Full names, in the order of the list that `hpo env list` prints.
  public static var ids: [String] { registry.ids }

  /// The full name behind `name`: `HalfCheetah` means `HalfCheetah-v2`.
  public static func id(of name: String) throws(EnvironmentError) -> String { try registry.entry(name).id }

  /// The parameters of an environment, with this version's defaults.
  public static func parameters(of name: String) throws(EnvironmentError) -> [ParameterDescriptor] {
    try registry.entry(name).parameters
  }

  /// Checks parameters without making the environment, and fills in the defaults.
  /// - Returns: every parameter of the environment, each as its kind.
  public static func complete(
    _ given: [String: ParameterValue], of name: String
  ) throws(EnvironmentError) -> [String: ParameterValue] {
    try registry.entry(name).complete(given)
  }

  /// An environment, with its initial state's observation.
  /// - Parameters:
  ///   - name: an id or a short name.
  ///   - parameters: by Gymnasium's names; text is read as the parameter's kind, defaults hold for the rest.
  public static func make(
    _ name: String, parameters: [String: ParameterValue] = [:]
  ) throws -> any DescribedEnvironment {
    let environment = try registry.make(name, parameters: parameters)
    guard let described = environment as? any DescribedEnvironment else { trap("\(name) cannot tell what it is made of") }
    return described
  }
}

extension EnvironmentCatalog {
  private static func roboschool(_ variant: RoboschoolHumanoid.Variant) -> EnvironmentRegistry.Entry {
    .init(variant.id, aliases: [variant.shortName], costs: []) { _ in try RoboschoolHumanoid(variant) }
  }

  private static func family<Family: TaskFamily>(_ family: Family.Type) -> [EnvironmentRegistry.Entry] {
    Family.versions.map { version in
      let id = "\(Family.name)-\(version.rawValue)"
      let descriptors = Family.parameters(version)
      let aliases = version == Family.versions.first ? [Family.name] : []
      return .init(id, aliases: aliases, parameters: descriptors, costs: SafetyCost.costs(of: Family.name)) {
        try Family.make(version, $0, descriptors)
      }
    }
  }

  /// Tasks that Gymnasium has and refuses to make with its own newest MuJoCo, so that they are not taken for typing errors.
  private static let unsupported: [String: EnvironmentError] = Dictionary(
    uniqueKeysWithValues: ["Pusher-v2", "Pusher-v4"].map {
      ($0, .unsupportedEnvironment($0, reason: "its rules need a MuJoCo older than 3", instead: "Pusher-v5"))
    })
}
