import Experiments
import Foundation
import Configuration
import Records
import Training

/// How a sweep goes: a table of the runs at work that is drawn again and again on a terminal, plain lines elsewhere. What happens once
/// is a line that stays. Nothing is coloured.
final class SweepDisplay {
  private unowned let sweep: Sweep
  private let lines = LiveLines()
  /// Runs that there was nothing to do for.
  private(set) var finishedBefore = 0
  private var records: [String: RunRecord] = [:]
  private var forecast = Forecast()
  private var nextLook = ContinuousClock.now
  private var lastSummary = ContinuousClock.now

  init(_ sweep: Sweep) { self.sweep = sweep }

  func take(_ event: Sweep.Event) {
    switch event {
    case .started(let run, let threads):
      if !lines.isLive { tell("\(run.label): at work" + (threads == 1 ? "" : " on \(threads) threads")) }
    case .finished(let run, let alreadyWas):
      let record = RunRecord(reading: run.directory)
      if let record { learn(record, run) }
      records[run.directory.path] = nil
      if alreadyWas {
        finishedBefore += 1
        return
      }
      let value = record?.lastReturn.map { String(format: ", mean return %.1f", $0) } ?? ""
      tell("\(run.label): finished\(value)")
    case .failed(let run, let reason): complain("\(run.label) failed: \(reason)")
    case .held(let run, let holder): tell("\(run.label): \(holder) is at work there; waiting for it")
    case .said(let run, let line): complain("\(run.label): \(line.hasPrefix("hpo: ") ? String(line.dropFirst(5)) : line)")
    case .shortOfMemory(let runs): tell("there is memory for \(runs) run\(runs == 1 ? "" : "s") at a time; the others wait")
    case .stopping(let signal): tell("stopping by \(signal.name): \(sweep.running.count) runs save what they have")
    }
  }

  /// Once a second: what has changed since.
  func tick() {
    let now = ContinuousClock.now
    let isDue = lines.isLive || now - lastSummary >= .seconds(60)
    guard isDue else { return }
    if now >= nextLook {
      look()
      // Looking shall cost less than half a percent of one processor's time.
      nextLook = .now + max(.seconds(2), (ContinuousClock.now - now) * 200)
    }
    lastSummary = now
    if lines.isLive { draw() } else { say(summary) }
  }

  /// Takes the table away.
  func finish() { lines.erase() }

  // MARK: What is known

  private func look() {
    for run in sweep.running {
      guard let record = RunRecord(reading: run.directory) else { continue }
      records[run.directory.path] = record
      learn(record, run)
    }
  }

  /// The random steps of the start say nothing of what is to come.
  private func learn(_ record: RunRecord, _ run: PlannedRun) {
    guard let speed = record.stepsPerSecond, record.step > run.settings.updateAfter + run.settings.loggingInterval else { return }
    forecast.learn(run.group, stepsPerSecond: speed)
  }

  private var summary: String {
    var counts: [(String, Int)] = [("finished", 0), ("at work", 0), ("waiting", 0), ("failed", 0)]
    for state in sweep.states {
      switch state {
      case .finished: counts[0].1 += 1
      case .running: counts[1].1 += 1
      case .waiting, .held: counts[2].1 += 1
      case .failed: counts[3].1 += 1
      }
    }
    let parts = counts.filter { $0.1 > 0 }.map { "\($0.1) \($0.0)" }.joined(separator: ", ")
    return "\(sweep.runs.count) runs: \(parts)" + (secondsLeft.map { "; about \(duration($0)) left" } ?? "")
  }

  private var secondsLeft: Double? {
    var left: [(kind: String, steps: Int)] = []
    for run in sweep.running {
      left.append((run.group, run.settings.steps - (records[run.directory.path]?.step ?? 0)))
    }
    for (run, state) in zip(sweep.runs, sweep.states) {
      switch state {
      case .waiting, .held: left.append((run.group, run.settings.steps))
      default: continue
      }
    }
    return forecast.seconds(left, places: sweep.jobs)
  }

  // MARK: Lines

  private func draw() {
    let running = sweep.running
    // The first ones, where a window is too low for all of them.
    let shown = running.prefix(max(0, lines.room - 3)).compactMap { records[$0.directory.path] }
    let table = shown.isEmpty ? [] : RunTable.lines(shown, width: Terminal.size.map { $0.columns - 1 }, showsPlans: false)
    let more = running.count > shown.count && shown.count == lines.room - 3 ? ["… and \(running.count - shown.count) more"] : []
    lines.draw(table + more + [summary])
  }

  private func tell(_ line: String) {
    lines.erase()
    say(line)
  }

  private func complain(_ line: String) {
    lines.erase()
    report(line)
  }
}
