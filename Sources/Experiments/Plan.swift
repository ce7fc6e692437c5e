import Configuration

/// A set of runs: every environment with every algorithm, variant and seed. It is the experiment: a YAML file, committed and read by
/// people, or what a command line names in its place.
public struct Plan: Sendable, Equatable {
  /// One variant of every algorithm: settings besides the plan's own, under a name.
  public struct Variant: Sendable, Equatable {
    /// The `--name` of its runs, which stands in their folder: `sac-hpo+<name>`.
    public var name: String
    /// What it sets, each with the place where it was written.
    public var settings: [SettingEntry]

    /// - Parameter settings: of every run of this variant.
    public init(name: String, settings: [SettingEntry]) {
      self.name = name
      self.settings = settings
    }
  }

  /// The folder of its runs below the folder of all runs; plans of one name share it. `nil`: none between.
  public var name: String?
  /// Names of environments as entries of the key `environment`.
  public var environments: [SettingEntry]
  /// Names of algorithms as entries of the key `algorithm`.
  public var algorithms: [SettingEntry]
  /// Empty where every algorithm runs as it is.
  public var variants: [Variant]
  /// Of every combination.
  public var seeds: [Int]
  /// Settings of all runs.
  public var settings: [SettingEntry]

  /// A plan by its parts.
  public init(
    name: String? = nil, environments: [SettingEntry], algorithms: [SettingEntry], variants: [Variant] = [], seeds: [Int],
    settings: [SettingEntry] = []
  ) {
    self.name = name
    self.environments = environments
    self.algorithms = algorithms
    self.variants = variants
    self.seeds = seeds
    self.settings = settings
  }

  /// What a command line sets on top of a plan.
  public struct Overrides: Sendable, Equatable {
    /// In place of the plan's seeds.
    public var seeds: [Int]?
    /// After the plan's own settings, before its variants'.
    public var settings: [SettingEntry] = []

    /// None.
    public init() {}
  }

  /// The plan with a command line's wishes.
  /// - Throws: ``PlanError/overridesVariant(key:source:variant:)`` where a setting would take a variant's own away.
  public func applying(_ overrides: Overrides) throws(PlanError) -> Plan {
    var plan = self
    if let seeds = overrides.seeds { plan.seeds = seeds }
    for entry in overrides.settings {
      for variant in variants where variant.settings.contains(where: { $0.key == entry.key }) {
        throw .overridesVariant(key: entry.key, source: entry.source, variant: variant.name)
      }
    }
    plan.settings += overrides.settings
    return plan
  }

  /// Numbers as `0-4`, `0,2,5-7` or `3`, without repetitions; `nil` for anything else.
  public static func seeds(_ text: String) -> [Int]? {
    var seeds: [Int] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let bounds = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0.filter { $0 != " " }) }
      guard bounds.count <= 2, let first = bounds[0], let last = bounds[bounds.count - 1], 0 <= first, first <= last,
        last - first < mostSeeds
      else { return nil }
      for seed in first...last where !seeds.contains(seed) { seeds.append(seed) }
    }
    return seeds
  }

  private static let mostSeeds = 100_000
}
