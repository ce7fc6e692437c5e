import ArgumentParser
import Configuration

/// What `train` and `sweep` are told alike: where runs are and what they are made of.
struct RunOptions: ParsableArguments {
  @Option(help: "Folder of runs.", completion: .directory)
  var out = "runs"
  @Option(help: "YAML file of settings.", completion: .file(extensions: ["yaml", "yml"]))
  var config: String?
  @Option(
    name: .customLong("set"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Any setting.", valueName: "key=value"), completion: .settings)
  var assignments: [String] = []
  // Kept as text, so that every source of a setting is checked in the same place and reported in the same words.
  @Option(name: .long, parsing: .unconditional, help: "Steps between evaluations. (default: 10000)")
  var evaluationInterval: String?
  @Option(name: .long, parsing: .unconditional, help: "Episodes per evaluation. (default: 10)")
  var evaluationEpisodes: String?
  @Option(name: .long, parsing: .unconditional, help: "Steps between checkpoints. (default: 10000)")
  var checkpointInterval: String?
  @Flag(help: "Start over: a finished run is kept under another name, what an unfinished one has recorded is discarded.")
  var fresh = false

  func validate() throws {
    if out.isEmpty { throw ValidationError("--out cannot be empty; it names the folder of runs") }
  }

  /// Settings, later ones before earlier: those of the file, those of `--set`, those of options.
  /// - Parameter options: a command's own options that are settings, by their keys.
  func entries(_ options: [(key: String, value: String?)]) throws -> [SettingEntry] {
    var entries = try config.map { try SettingsFile.entries(ofFile: $0) } ?? []
    entries += try assignments.map { try SettingEntry(assignment: $0) }
    let shared = [
      ("evaluation_interval", evaluationInterval), ("evaluation_episodes", evaluationEpisodes), ("checkpoint_interval", checkpointInterval),
    ]
    for (key, value) in options + shared {
      guard let value else { continue }
      entries.append(SettingEntry(key: key, value: value, source: "--" + key.replacing("_", with: "-")))
    }
    return entries
  }
}
