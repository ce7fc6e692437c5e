import Agents
import Configuration
import Experience
import LinearAlgebra
import NeuralNetworks
import Records

/// Checkpoints every `checkpoint_interval` steps: the commit point, after the other files were flushed.
struct Checkpoints: RunPart {
  func stepTaken(_ run: RunState) throws {
    if run.isDue(every: run.settings.checkpointInterval) {
      try run.outsideLoop { try run.writeCheckpoint() }
    } else if run.dataset == nil && run.replay.stepsTaken - run.replayFile.rowCount == run.replay.capacity {
      // Rows that memory is about to forget go to the file; they count once a checkpoint says so.
      try run.outsideLoop { try run.replayFile.append(newStepsOf: run.replay) }
    }
  }
}

extension RunState {
  func writeCheckpoint() throws {
    try lock.requireHeld()
    for (name, parameters) in agent.networks where !parameters.values.isFinite() {
      throw AgentError.diverged(quantity: "network '\(name)'", value: .nan)
    }
    // What was recorded before is no history of this run.
    if dataset == nil { try replayFile.append(newStepsOf: replay) }
    try replayFile.synchronize()
    try curve.synchronize()
    let checkpoint = Checkpoint(
      progress: progress, generators: generators, episodeStart: episodeStart, episodeActions: episodeActions,
      curveRows: curve.rowCounts, replayRows: replayFile.rowCount, configuration: settings.yaml,
      dataset: dataset)
    try checkpoint.write(
      agent, acting: actor.explorationScalars, settings: settings, facts: facts, to: directory.checkpoint)
    savedStep = progress.step
  }
}
