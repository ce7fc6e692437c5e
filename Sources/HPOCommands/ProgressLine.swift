import Configuration
import Foundation
import Training

/// How a run goes: step, percent, steps per second, time left, last return, a safe agent's λ. One redrawn line on a terminal that can, a
/// plain line every few seconds elsewhere.
final class ProgressLine {
  /// Which holds this line by its `onStep`.
  private unowned let run: TrainingRun
  private let isLive = Terminal.isLive
  private let interval: Duration
  private let start = ContinuousClock.now
  private let firstStep: Int
  private var lastDrawn = ContinuousClock.now
  private var recent: (time: ContinuousClock.Instant, step: Int)
  private var reportedEvaluations: Int

  /// - Parameter interval: seconds between lines; `nil` for a fifth of a second on a terminal, five elsewhere.
  init(_ run: TrainingRun, interval: Double? = nil) {
    self.run = run
    self.interval = .seconds(interval ?? (isLive ? 0.2 : 5))
    firstStep = run.stepsTaken
    recent = (start, run.stepsTaken)
    reportedEvaluations = run.evaluations.count
  }

  func update() {
    for evaluation in run.evaluations[reportedEvaluations...] { announce(evaluation) }
    reportedEvaluations = run.evaluations.count
    let now = ContinuousClock.now
    guard now - lastDrawn > interval else { return }
    lastDrawn = now
    draw(now)
  }

  /// Leaves the terminal on a fresh line.
  func finish() {
    for evaluation in run.evaluations[reportedEvaluations...] { announce(evaluation) }
    reportedEvaluations = run.evaluations.count
    clear()
  }

  private func announce(_ evaluation: (step: Int, meanReturn: Double, meanDiscountedCost: Double?)) {
    clear()
    let cost = evaluation.meanDiscountedCost.map { String(format: ", discounted cost %.2f", $0) } ?? ""
    write("evaluation at step \(evaluation.step): mean return \(String(format: "%.1f", evaluation.meanReturn))\(cost)\n")
  }

  private func draw(_ now: ContinuousClock.Instant) {
    let seconds = (now - recent.time) / .seconds(1)
    let speed = Double(run.stepsTaken - recent.step) / max(seconds, 1e-9)
    // A window of half a minute: old enough to be steady, young enough to follow.
    if seconds > 30 { recent = (now, run.stepsTaken) }
    let total = run.settings.steps
    let left = speed > 0 ? duration(Double(total - run.stepsTaken) / speed) : "?"
    let percent = 100 * Double(run.stepsTaken) / Double(total)
    let last = run.lastReturn.map { String(format: "%.1f", $0) } ?? "none yet"
    let multiplier = run.multiplier.map { String(format: "  λ %.2f", $0) } ?? ""
    let line =
      String(format: "step %d of %d (%.1f %%)  %.0f steps/s  ", run.stepsTaken, total, percent, speed)
      + "\(left) left  last return \(last)\(multiplier)"
    // A line that fills the last column would move the others.
    write(isLive ? "\r\(line.prefix((Terminal.size?.columns ?? 80) - 1))\u{1B}[K" : line + "\n")
  }

  private func clear() { if isLive { write("\r\u{1B}[K") } }

  private func duration(_ seconds: Double) -> String {
    guard let whole = Int(exactly: seconds.rounded()) else { return "?" }
    let (hours, minutes) = (whole / 3600, whole / 60 % 60)
    return hours > 0 ? "\(hours) h \(minutes) min" : minutes > 0 ? "\(minutes) min \(whole % 60) s" : "\(whole) s"
  }

  private func write(_ text: String) { put(text, on: STDOUT_FILENO) }
}
