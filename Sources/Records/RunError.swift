import Agents

/// What can go wrong with a run as a whole, in one line each.
public enum RunError: Error, Equatable, CustomStringConvertible {
  /// The directory cannot be made, written to or cleared; `reason` is the operating system's.
  case directoryNotWritable(path: String, reason: String)
  /// The directory's run has other settings than were asked for, other than steps and threads.
  case settingsChanged(path: String, differences: [String])
  /// A run was to be used that has not written `file` yet.
  case noCheckpoint(path: String, file: String)
  /// A run was to be used at a step whose networks it did not keep.
  case noSnapshot(path: String, step: Int, known: [Int])
  /// There is a history but no checkpoint: starting over would destroy it.
  case checkpointLost(path: String)
  /// The run is a safe agent's of an earlier program, whose cost was limited by another rule.
  case costRuleChanged(path: String, environment: String)
  /// The data that the run learns from are not those that it began with.
  case datasetChanged(path: String, dataset: String)
  /// The run was to begin with what its own directory holds.
  case ownSource(path: String, key: String)
  /// `curve.h5` or `replay.h5` was written under other settings than the checkpoint.
  case foreignFile(file: String, differences: [String])
  /// The environment that was made has another id than the settings name.
  case wrongEnvironment(found: String, expected: String)
  /// What `checkEnvironment` found wrong with the environment, a sentence each.
  case unsuitableEnvironment(findings: [String])
  /// The environment gave NaN, infinity or more than single precision holds.
  case notFinite(quantity: String, value: Double, step: Int, path: String)
  /// Learning gave what is not finite.
  case diverged(AgentError, step: Int, path: String)
  /// An exploration policy of the user's own left [-1, 1], or gave what is not finite.
  case wrongAction(value: Float, step: Int)
  /// A file could not be written: the disk is full, say.
  case recordingFailed(reason: String, savedStep: Int, path: String)
  /// The episode that was going on at the checkpoint, taken again, is another one.
  case environmentChanged(step: Int, path: String)
  /// The simulation of an environment that is told to throw diverged.
  case simulationDiverged(reason: String, step: Int, path: String)
  /// The directory is not the one that this run locked: somebody removed it, and perhaps another run is at work there.
  case directoryReplaced(path: String)
  /// Another process holds the directory's lock.
  case alreadyRunning(path: String, holder: String)
  /// The run has taken more steps than were asked for.
  case alreadyPast(path: String, done: Int, asked: Int)
  /// The model file is not the one that the run was begun with: its content has changed.
  case modelChanged(path: String, environment: String)
  /// The run was stopped and let go of its files; it is to be opened again.
  case ended(step: Int, path: String)
  /// A signal asked the run to stop; it is saved.
  case interrupted(signal: StopSignal, step: Int, path: String)

  /// One line: what, where, what next.
  public var description: String {
    switch self {
    case .directoryNotWritable(let path, let reason):
      "cannot write to the run directory '\(path)': \(reason); choose another with --out"
    case .settingsChanged(let path, let differences):
      "'\(path)' holds a run with other settings (\(differences.joined(separator: "; "))); start over with --fresh, choose "
        + "another --out, or take the settings back"
    case .costRuleChanged(let path, let environment):
      "'\(path)' holds a safe agent's run of an earlier program, and the rules of \(environment)'s torque cost have changed since: cost_limit is "
        + "on its average now, where it was on an episode's discounted sum; the run cannot go on, start anew with --fresh, or beside it with "
        + "--name"
    case .datasetChanged(let path, let dataset):
      "'\(dataset)' does not hold the transitions that the run in '\(path)' began with; put the file back, or start over with --fresh"
    case .ownSource(let path, let key):
      "\(key) names what the run itself keeps in '\(path)'; give the new run another --name or --out"
    case .checkpointLost(let path):
      "'\(path)' holds steps of a run but no checkpoint.h5; put it back, or start over with --fresh"
    case .foreignFile(let file, let differences):
      "'\(file)' is of another run (\(differences.joined(separator: "; "))); put the run's own back, or start over with --fresh"
    case .wrongEnvironment(let found, let expected):
      "the settings name the environment '\(expected)', the one that was made is '\(found)'; use one id for both"
    case .unsuitableEnvironment(let findings):
      findings.joined(separator: "; ")
    case .notFinite(let quantity, let value, let step, let path):
      "the environment's \(quantity) became \(value)\(value.isFinite ? ", more than single precision holds," : "") at step \(step); the "
        + "last checkpoint in '\(path)' is intact"
    case .diverged(let error, let step, let path):
      "at step \(step) \(error); the last checkpoint in '\(path)' is intact"
    case .wrongAction(let value, let step):
      "the exploration policy chose \(value) after \(step) steps; actions are within [-1, 1]"
    case .recordingFailed(let reason, let savedStep, let path):
      "\(reason.hasSuffix(".") ? String(reason.dropLast()) : reason); once that is mended, the same command goes on from step "
        + "\(savedStep) of '\(path)'"
    case .environmentChanged(let step, let path):
      "the episode in '\(path)' that was going on at step \(step) cannot be taken again as it was: the environment (its model file, its "
        + "parameters, its version) is no longer the run's; put it back, or start over with --fresh"
    case .simulationDiverged(let reason, let step, let path):
      "at step \(step) \(reason); the last checkpoint in '\(path)' is intact, and --fresh starts over with other settings"
    case .directoryReplaced(let path):
      "'\(path)' was removed or replaced while this run was at work in it; the run ends, nothing more is written there"
    case .alreadyRunning(let path, let holder):
      "\(holder) is at work in '\(path)'; wait for it, or choose another --out"
    case .noSnapshot(let path, let step, let known):
      "there is no snapshot of step \(step) in '\(path)'; "
        + (known.isEmpty ? "the run keeps none (snapshot_interval)" : "there are \(known.map(String.init).joined(separator: ", "))")
    case .noCheckpoint(let path, let file):
      "there is no '\(file)' in '\(path)'; name the directory of a run that has got that far"
    case .alreadyPast(let path, let done, let asked):
      "the run in '\(path)' has taken \(done) steps, more than the \(asked) asked for; start over with --fresh"
    case .modelChanged(let path, let environment):
      "the model of \(environment) is not the one that the run in '\(path)' was begun with: its content has changed; put the old one back, "
        + "or start over with --fresh"
    case .ended(let step, let path):
      "this run was stopped at step \(step) and has closed its files; make another of the same settings, which goes on from '\(path)'"
    case .interrupted(let signal, let step, let path):
      "stopped by \(signal.name) at step \(step); the same command goes on from '\(path)'"
    }
  }
}
