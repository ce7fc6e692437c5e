import SettingDeclarations
import Support

/// The safety cost that a run records.
public enum CostChoice: String, SettingChoice {
  case none
  /// The paper's (§V-B).
  case paper
  /// Safety-Gymnasium's velocity limits.
  case velocity
  /// `Step.cost`, of an environment of one's own.
  case own

  /// Those that are a cost, for messages.
  static let choices = allCases.filter { $0 != .none }.map { "'\($0.rawValue)'" }.joined(separator: ", ")
}

/// Threads of an update: a number, or what the machine lends itself to.
public enum ThreadCount: SettingValue {
  /// Found when a run starts: what the process may use, at most what pays.
  case auto
  case count(Int)

  public init?(settingText: String) {
    if settingText == "auto" {
      self = .auto
    } else if let count = Int(settingText: settingText) {
      self = .count(count)
    } else {
      return nil
    }
  }

  public var settingText: String {
    switch self {
    case .auto: "auto"
    case .count(let count): "\(count)"
    }
  }

  public var scalar: SettingScalar {
    switch self {
    case .auto: .text("auto")
    case .count(let count): .integer(count)
    }
  }

  public init?(scalar: SettingScalar) {
    switch scalar {
    case .text("auto"): self = .auto
    case .integer(let count): self = .count(count)
    default: return nil
    }
  }
}

extension ThreadCount: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Int) { self = .count(value) }
}

/// A file or folder that a setting names, or none. Relative paths are the working folder's, kept so that they mean the same from any.
public enum NamedPath: SettingValue {
  case none
  case path(String)

  public init?(settingText: String) {
    if settingText == "none" {
      self = .none
    } else if settingText.isEmpty {
      return nil
    } else {
      let isLocated = settingText.hasPrefix("/") || settingText.hasPrefix("~")
      self = .path(AbsolutePath.of(isLocated ? settingText : "./\(settingText)"))
    }
  }

  /// `nil` for none.
  public var path: String? {
    if case .path(let path) = self { path } else { nil }
  }

  public var settingText: String { path ?? "none" }
  public var scalar: SettingScalar { .text(settingText) }
  public init?(scalar: SettingScalar) {
    guard case .text(let text) = scalar else { return nil }
    self.init(settingText: text)
  }
}

extension Allowed<NamedPath> {
  static var any: Allowed { Allowed("a path, or none", brief: "a path, none") { _ in true } }
}

/// The settings of a run, whatever agent learns.
public struct RunSettings: SettingGroup {
  public let seed = Setting("seed", .atLeast(0), default: 0, "random streams of the run")
  public let steps = Setting("steps", .atLeast(1), default: 1_000_000, roles: .mayChange, "environment steps")
  public let threads = Setting(
    "threads",
    Allowed("auto or an integer from 1 to 64", brief: "auto, 1 to 64") { threads in
      if case .count(let count) = threads { (1...64).contains(count) } else { true }
    },
    default: ThreadCount.auto, roles: .mayChange,
    "threads of an update, of which two can be used; they change the speed, not the numbers; auto: what the process may use")
  public let replayCapacity = Setting(
    "replay_capacity", .from(1, to: 1_000_000_000), default: 1_000_000, unit: "transitions", "transitions held in memory")
  public let warmupSteps = Setting(
    "warmup_steps", .atLeast(0), default: 1000, unit: "environment steps", "steps with uniformly random actions at the start")
  public let updateAfter = Setting(
    "update_after", .atLeast(1), default: 1000, unit: "environment steps", "transitions stored before updates begin")

  public let updatesPerStep = Setting(
    "updates_per_step", .from(1, to: 1000), default: 1, roles: .isLater, "gradient updates per environment step")

  public let cost = Setting(
    "cost", .any, default: CostChoice.none,
    // A name that stands for no cost is no lie where one is only recorded.
    agreesWithName: { standing, now in standing == .none || now != .none }, "the safety cost that is recorded")

  public let evaluationInterval = Setting(
    "evaluation_interval", .atLeast(1), default: 10_000, unit: "environment steps", "steps between evaluations")
  public let evaluationEpisodes = Setting("evaluation_episodes", .from(1, to: 10_000), default: 10, "episodes per evaluation")
  public let checkpointInterval = Setting(
    "checkpoint_interval", .atLeast(1), default: 10_000, unit: "environment steps", "steps between checkpoints")
  public let loggingInterval = Setting(
    "logging_interval", .atLeast(1), default: 1000, unit: "environment steps", "steps that /update rows are averaged over")

  public let snapshotInterval = Setting(
    "snapshot_interval", .atLeast(0), default: 0, unit: "environment steps", roles: .isLater,
    "steps between networks that are kept, snapshots/step-<n>.h5; 0: none")
  public let recordState = Setting(
    "record_state", .any, default: false, roles: .isLater,
    "whether replay.h5 has the simulator's state before each step, /infos/qpos and /infos/qvel")

  public let fromReplay = Setting(
    "from_replay", .any, default: NamedPath.none, roles: [.isLater, .namesContent],
    "transitions to learn from without acting: a file in D4RL's layout, or a run's replay.h5; a step then is an update")
  public let initFrom = Setting(
    "init_from", .any, default: NamedPath.none, roles: .isLater,
    "the run, or the best.h5, checkpoint.h5 or snapshot of one, whose networks are begun with")

  public static let declared = RunSettings()
}

extension SettingsHolder {
  public subscript<Value>(dynamicMember path: KeyPath<RunSettings, Setting<Value>>) -> Value {
    get { self[RunSettings.declared[keyPath: path]] }
    set { self[RunSettings.declared[keyPath: path]] = newValue }
  }
}
