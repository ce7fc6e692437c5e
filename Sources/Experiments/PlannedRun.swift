import Configuration
import Experience
import Gym
import Records

/// One run of a plan: its settings, checked, and its folder.
public struct PlannedRun: Sendable, Equatable {
  /// All in force.
  public let settings: Settings
  /// `nil` where the algorithm runs as it is.
  public var variant: String? { settings.variant }
  /// Folder of runs that the run's own is below: `--out`.
  public let out: String
  /// What was said of its settings, later ones winning, `environment`, `algorithm` and `seed` aside.
  let entries: [SettingEntry]
  private let environments: EnvironmentRegistry

  init(settings: Settings, out: String, entries: [SettingEntry], environments: EnvironmentRegistry) {
    self.settings = settings
    self.out = out
    self.entries = entries
    self.environments = environments
  }

  public static func == (first: PlannedRun, second: PlannedRun) -> Bool {
    first.settings == second.settings && first.out == second.out && first.entries == second.entries
  }

  /// Where it records itself.
  public var directory: RunDirectory { directory(below: out) }

  /// Where it would below another folder.
  func directory(below out: String) -> RunDirectory { RunDirectory(out: out, settings: settings) }

  /// `Hopper-v2 sac-hpo+inert seed 3`.
  public var label: String { "\(kind) seed \(settings.seed)" }

  /// What it has in common with the same run of another seed: `Hopper-v2 sac-hpo+inert`.
  public var kind: String { "\(settings.environment) \(settings.label)" }

  /// Runs of one plan that differ in their seeds alone, and so take about as long, share this.
  public var group: String { "\(out)/\(kind)" }

  /// Whether the plan itself says how many threads, instead of leaving it to who runs it.
  public var choosesThreads: Bool { entries.contains { $0.key == "threads" } }

  /// The command line, behind the program's name, that makes and continues this run.
  /// - Parameters:
  ///   - threads: of its updates, if they are to be said; the numbers do not depend on them.
  ///   - other: in place of ``out``.
  public func arguments(threads: Int?, out other: String? = nil) -> [String] {
    var arguments = ["train", settings.environment, "--algorithm", settings.algorithm.name, "--seed", "\(settings.seed)"]
    arguments += ["--steps", "\(settings.steps)", "--out", other ?? out]
    if let threads { arguments += ["--threads", "\(threads)"] }
    if let variant { arguments += ["--name", variant] }
    for entry in entries where !["steps", "threads"].contains(entry.key) { arguments += ["--set", "\(entry.key)=\(entry.value)"] }
    return arguments
  }

  /// Steps of an episode at most; of one without limit, a thousand stand for it.
  public func timeLimit() throws -> Int { try specification().timeLimit ?? 1000 }

  private func specification() throws -> EnvironmentSpecification {
    try environments.make(settings.environment, parameters: settings.environmentParameters).specification
  }

  /// Bytes of memory that a process of this run comes to use.
  public func memory() throws -> Int {
    let facts = try specification()
    let rows = min(settings.replayCapacity, settings.steps)
    return Self.programMemory + rows * ReplayBuffer.bytesPerStep(facts.observationSize, facts.actionSize)
  }

  /// Bytes: program, libraries, two simulations, networks of usual sizes with their work space.
  private static let programMemory = 200 << 20
}

extension Plan {
  /// Every run below `out`, in the order in which they are best taken: all of the first seed, then all of the next, so that a plan
  /// that is cut short still compares everything.
  /// - Parameters:
  ///   - environments: which there are.
  ///   - catalogue: which algorithms and settings there are.
  ///   - refused: told of a run whose settings make no sense, instead of its error being thrown.
  /// - Throws: `SettingsError`, `EnvironmentError`, ``PlanError``.
  public func runs(
    out: String, in environments: EnvironmentRegistry, algorithms catalogue: AlgorithmCatalogue = .standard,
    refused: ((_ label: String, _ error: any Error) -> Void)? = nil
  ) throws -> [PlannedRun] {
    let registry = environments
    var runs: [PlannedRun] = []
    let variants = variants.isEmpty ? [nil] : variants.map(Optional.some)
    let folder = name.map { "\(out)/\($0)" } ?? out
    for seed in seeds {
      for environment in self.environments {
        for algorithm in algorithms {
          for variant in variants {
            let entries = settings + (variant?.settings ?? [])
            do {
              let id = try located(environment) { try registry.entry(environment.value).id }
              var layers = entries + [algorithm, SettingEntry(key: "seed", value: "\(seed)", source: "seeds")]
              if let variant { layers.append(SettingEntry(key: "name", value: variant.name, source: "variants")) }
              let settings = try Settings(layers: layers, environment: id, in: registry, algorithms: catalogue)
              runs.append(PlannedRun(settings: settings, out: folder, entries: entries, environments: registry))
            } catch {
              guard let refused else { throw error }
              let name = "\(environment.value) \(algorithm.value)\(variant.map { "+\($0.name)" } ?? "") seed \(seed)"
              refused(name, error)
            }
          }
        }
      }
    }
    return runs
  }

  private func located<Value>(_ entry: SettingEntry, _ check: () throws -> Value) throws -> Value {
    do {
      return try check()
    } catch {
      throw SettingsError.located(source: entry.source, "\(error)")
    }
  }
}

extension [PlannedRun] {
  /// The runs of several plans as one list, those of a plan's first seeds before those of its later ones. A run that two plans name is
  /// one run.
  /// - Throws: ``PlanError/sharedFolder(path:first:second:)`` where they would differ.
  public static func merging(_ plans: [(source: String, runs: [PlannedRun])]) throws(PlanError) -> [PlannedRun] {
    var known: [String: (source: String, run: PlannedRun)] = [:]
    var merged: [PlannedRun] = []
    for (source, runs) in plans {
      for run in runs {
        let path = run.directory.path
        if let other = known[path] {
          guard other.run.settings == run.settings else {
            throw .sharedFolder(path: path, first: other.source, second: source)
          }
          continue
        }
        known[path] = (source, run)
        merged.append(run)
      }
    }
    if plans.count < 2 { return merged }
    // By rank among a plan's seeds rather than by seed: a plan of seeds 5-9 is as urgent as one of 0-4.
    var ranks: [String: Int] = [:]
    let ranked = merged.map { run in
      let rank = ranks[run.group, default: 0]
      ranks[run.group] = rank + 1
      return (rank: rank, run: run)
    }
    return ranked.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }.map(\.element.run)
  }
}
