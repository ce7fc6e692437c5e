import Foundation

/// Runs as lines of text that fit a width: what does not fit is said more briefly, then left out, least telling first.
public struct RunTable: Sendable {
  /// What a column says of a run, and how.
  enum Column: String, CaseIterable {
    case plan, environment, algorithm, seed
    case step, share
    case lastReturn = "return"
    case bestReturn = "best"
    case speed = "steps/s"
    case left, state

    var isText: Bool { [.plan, .environment, .algorithm, .state].contains(self) }

    func text(_ record: RunRecord) -> String {
      switch self {
      case .plan: record.plan
      case .environment: record.environment
      case .algorithm: record.algorithm + (record.variant.isEmpty ? "" : "+\(record.variant)")
      case .seed: "\(record.seed)"
      case .step: record.steps > 0 ? "\(record.step) of \(record.steps)" : "\(record.step)"
      case .share: record.steps > 0 ? "\(100 * min(record.step, record.steps) / record.steps) %" : "\(record.step)"
      case .lastReturn: record.lastReturn.map { String(format: "%.1f", $0) } ?? "–"
      case .bestReturn: record.bestReturn.map { String(format: "%.1f", $0) } ?? "–"
      case .speed: record.stepsPerSecond.map { String(format: "%.0f", $0) } ?? "–"
      case .left: record.secondsLeft.map(duration) ?? "–"
      case .state: record.state.rawValue
      }
    }

    var heading: String { self == .share ? "done" : rawValue }
  }

  /// From the fullest to the briefest.
  private static let layouts: [[Column]] = [
    [.plan, .environment, .algorithm, .seed, .step, .lastReturn, .bestReturn, .speed, .left, .state],
    [.plan, .environment, .algorithm, .seed, .share, .lastReturn, .bestReturn, .speed, .left, .state],
    [.environment, .algorithm, .seed, .share, .lastReturn, .bestReturn, .speed, .left, .state],
    [.environment, .algorithm, .seed, .share, .lastReturn, .speed, .left, .state],
    [.environment, .algorithm, .seed, .share, .lastReturn, .left, .state],
    [.environment, .algorithm, .seed, .share, .lastReturn, .state],
    [.algorithm, .seed, .share, .state],
  ]

  /// A heading and a line for each run.
  /// - Parameters:
  ///   - width: characters of a line at most; `nil`: as long as need be.
  ///   - showsPlans: whether there is a column for the plan's folder.
  public static func lines(_ records: [RunRecord], width: Int? = nil, showsPlans: Bool = true) -> [String] {
    let hasPlans = showsPlans && records.contains { !$0.plan.isEmpty }
    let layouts = layouts.map { hasPlans ? $0 : $0.filter { $0 != .plan } }
    var chosen = layouts[0]
    var columns = widths(chosen, records)
    if let width {
      for layout in layouts {
        chosen = layout
        columns = widths(layout, records)
        shorten(&columns, layout, to: width, atLeast: layout == layouts.last ? 1 : legibleName)
        if total(columns) <= width { break }
      }
    }
    let rows = [chosen.map(\.heading)] + records.map { record in chosen.map { $0.text(record) } }
    return rows.map { row in
      var line = ""
      for (index, cell) in row.enumerated() {
        let cell = abbreviated(cell, to: columns[index])
        let blanks = String(repeating: " ", count: columns[index] - cell.count)
        line += (index == 0 ? "" : gap) + (chosen[index].isText ? cell + blanks : blanks + cell)
      }
      while line.last == " " { line.removeLast() }
      return width.map { String(line.prefix($0)) } ?? line
    }
  }

  private static let gap = "  "

  private static func widths(_ columns: [Column], _ records: [RunRecord]) -> [Int] {
    columns.map { column in records.reduce(column.heading.count) { max($0, column.text($1).count) } }
  }

  private static func total(_ widths: [Int]) -> Int { widths.reduce(0, +) + gap.count * (widths.count - 1) }

  /// Characters of a name that it is rather shortened to than a number left out.
  private static let legibleName = 16

  /// Takes from the longest of the names until a line fits.
  private static func shorten(_ widths: inout [Int], _ columns: [Column], to width: Int, atLeast least: Int) {
    let names = columns.indices.filter { columns[$0].isText && columns[$0] != .state }
    while total(widths) > width, let longest = names.max(by: { widths[$0] < widths[$1] }), widths[longest] > least { widths[longest] -= 1 }
  }

  /// Cut in the middle: names differ at both ends.
  private static func abbreviated(_ text: String, to width: Int) -> String {
    guard text.count > width, width > 1 else { return String(text.prefix(width)) }
    let head = width / 2
    return "\(text.prefix(head))…\(text.suffix(width - 1 - head))"
  }
}

/// Seconds as people say them.
public func duration(_ seconds: Double) -> String {
  guard let whole = Int(exactly: seconds.rounded()), whole >= 0 else { return "?" }
  let (days, hours, minutes) = (whole / 86_400, whole / 3600 % 24, whole / 60 % 60)
  if days > 0 { return "\(days) d \(hours) h" }
  return hours > 0 ? "\(hours) h \(minutes) min" : minutes > 0 ? "\(minutes) min \(whole % 60) s" : "\(whole) s"
}
