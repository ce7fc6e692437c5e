import Agents
import Configuration
import Records

/// Rows of `/update`: means over `logging_interval`.
struct UpdateLog: RunPart {
  func stepTaken(_ run: RunState) throws {
    guard run.isDue(every: run.settings.loggingInterval) else { return }
    run.stopClock()
    var values = run.progress.updates.means
    values["steps_per_second"] = Double(run.progress.loopSteps) / run.progress.loopSeconds
    for scalar in run.actor.explorationScalars {
      values[scalar.name] = scalar.mean
      scalar.reset()
    }
    try run.curve.appendUpdate(step: run.progress.step, values)
    try run.curve.flush()
    run.progress.updates.reset()
    run.progress.loopSeconds = 0
    run.progress.loopSteps = 0
  }
}
