import Experiments
import Foundation

/// How an array job goes, as ``SweepDisplay`` tells of a sweep.
final class SlurmDisplay {
  private let sweep: SlurmSweep
  private let lines = LiveLines()
  private var told: [SlurmSweep.State?]
  private var lastSummary = ""

  init(_ sweep: SlurmSweep) {
    self.sweep = sweep
    told = sweep.states.map { _ in nil }
  }

  /// What there is nothing to submit for.
  func begin() {
    for (run, state) in zip(sweep.runs, sweep.states) {
      switch state {
      case .queued(let task, _): say("\(run.label): in Slurm's queue already as \(task.name)")
      case .failed(let reason): report("\(run.label) failed: \(reason)")
      default: continue
      }
    }
    let finished = sweep.states.count { $0 == .finished }
    if finished > 0 { say("\(finished) run\(finished == 1 ? " is" : "s are") finished") }
    told = sweep.states
  }

  /// Tells of every change, until no task is left.
  func watch() throws {
    var isAsked = true
    while isAsked {
      do {
        isAsked = try sweep.update()
      } catch {
        // A controller that is restarted comes back.
        lines.erase()
        report("\(error); asking again")
      }
      tellChanges()
      guard isAsked else { break }
      if lines.isLive { draw() } else { saySummary() }
      sleep(Self.pause)
    }
    lines.erase()
  }

  /// Seconds between questions; a controller has other things to do.
  private static let pause: UInt32 = 5

  /// Runs that ended unfinished, and what they said last.
  var failures: [String] {
    zip(sweep.runs, sweep.states).compactMap { run, state in
      switch state {
      case .ended(let task): "\(run.label): task \(task.name) ended unfinished\(sweep.lastWords(of: task).map { ": \($0)" } ?? "")"
      case .failed(let reason): "\(run.label): \(reason)"
      case .open, .finished, .queued: nil
      }
    }
  }

  private func tellChanges() {
    for (index, state) in sweep.states.enumerated() where told[index] != state {
      told[index] = state
      let label = sweep.runs[index].label
      let line: String
      switch state {
      case .finished: line = "\(label): finished"
      case .queued(let task, let word): line = "\(label): \(word.lowercased()) as \(task.name)"
      case .ended(let task): line = "\(label): task \(task.name) is gone, the run is not finished"
      case .open, .failed: continue
      }
      lines.erase()
      say(line)
    }
  }

  private var summary: String {
    var counts: [String: Int] = [:]
    for state in sweep.states {
      switch state {
      case .finished: counts["finished", default: 0] += 1
      case .queued(_, let word): counts[word.lowercased(), default: 0] += 1
      case .open: counts["waiting", default: 0] += 1
      case .ended, .failed: counts["failed", default: 0] += 1
      }
    }
    return "\(sweep.runs.count) runs: " + counts.sorted { $0.key < $1.key }.map { "\($1) \($0)" }.joined(separator: ", ")
  }

  private func saySummary() {
    if summary != lastSummary { say(summary) }
    lastSummary = summary
  }

  private func draw() {
    let atWork = zip(sweep.runs, sweep.states).filter { if case .queued(_, "RUNNING") = $0.1 { true } else { false } }
    // As many as there is room for: every one of them has files to be looked into.
    let records = atWork.prefix(max(0, lines.room - 3)).compactMap { RunRecord(reading: $0.0.directory) }
    let table = records.isEmpty ? [] : RunTable.lines(records, width: Terminal.size.map { $0.columns - 1 }, showsPlans: false)
    let more = atWork.count > records.count ? ["… and \(atWork.count - records.count) more"] : []
    lines.draw(table + more + [summary])
  }
}
