import ArgumentParser
import Foundation
import Gym

struct EnvironmentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "env", abstract: "The environments and what they are made of.", subcommands: [List.self, Show.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the environments.")

    func run() throws {
      try reportingFailures {
        print(columns("environment", "observation", "action", "time limit", "source"))
        let known = Program.current.environments
        for id in known.ids {
          // A Bullet task can be listed without Bullet.
          guard let environment = try? known.make(id) else {
            print(columns(id, "-", "-", "-", "not set up: 'hpo env show \(id)' says why"))
            continue
          }
          let facts = environment.specification
          print(
            columns(
              id, "\(facts.observationSize)", "\(facts.actionSize)", facts.timeLimit.map { "\($0)" } ?? "none",
              (environment as? any DescribedEnvironment)?.summary.source ?? ""))
        }
        let short = known.entries.flatMap { entry in entry.aliases.map { "\($0) for \(entry.id)" } }
        if !short.isEmpty { print("Short names: \(short.joined(separator: ", ")).") }
      }
    }

    private func columns(_ id: String, _ observation: String, _ action: String, _ limit: String, _ source: String)
      -> String
    {
      padded(id, 38) + padded(observation, 13) + padded(action, 8) + padded(limit, 12) + source
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show an environment: observation, action, reward, episodes, parameters.")

    @Argument(help: "The environment, such as Ant-v5.", completion: .environments)
    var environment: String

    @OptionGroup var settings: EnvironmentSettings

    func run() throws {
      try reportingFailures {
        let environment = try Program.current.environments.make(environment, parameters: try settings.parameters())
        if let described = environment as? any DescribedEnvironment {
          print(text(described.summary))
        } else {
          print(text(environment.specification))
        }
      }
    }
  }
}

private func padded(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(1, width - text.count))
}

/// What is known of an environment that does not tell more.
private func text(_ facts: EnvironmentSpecification) -> String {
  let limit = facts.timeLimit.map { "truncated after \($0) actions" } ?? "no time limit"
  return "\(facts.id)\n  \(limit)\n\nObservation: \(facts.observationSize) numbers\n\nAction: \(facts.actionSize) numbers in [-1, 1]"
}

private func text(_ summary: EnvironmentSummary) -> String {
  var lines = [summary.id, "  rules and model of \(summary.source)", "  model: \(summary.modelPath)"]
  let limit = summary.timeLimit.map { "truncated after \($0) actions" } ?? "no time limit"
  lines.append("  one action lasts \(ParameterValue.number(summary.controlPeriod)) s; \(limit)")

  let size = summary.observation.last?.range.upperBound ?? 0
  lines += ["", "Observation: \(size) numbers"]
  for part in summary.observation {
    lines.append("  [\(part.range.lowerBound)…\(part.range.upperBound - 1)] \(part.name): \(part.meaning)")
    lines += elementLines(part)
  }

  lines += ["", "Action: \(summary.action.count) numbers in [-1, 1], scaled to"]
  for (index, control) in summary.action.enumerated() {
    let range = ParameterValue.pair(control.low, control.high)
    lines.append("    " + padded("\(index)", 9) + padded(control.name, 24) + "\(range) \(control.unit)")
  }

  lines += ["", "Reward: the sum of"]
  for term in summary.reward { lines.append("    " + padded(term.name, 14) + term.formula) }

  lines += ["", "Start: \(summary.start)", "Terminates \(summary.termination)"]
  if !summary.parameters.isEmpty { lines += ["", "Parameters, as environment.<name> in YAML or --set:"] }
  for parameter in summary.parameters {
    let descriptor = parameter.descriptor
    let standard = parameter.value == descriptor.defaultValue ? "" : " (default \(descriptor.defaultValue))"
    lines.append("    \(descriptor.name) = \(parameter.value)\(standard)")
    lines.append("        \(descriptor.meaning); \(descriptor.kind.expectation)")
  }
  return lines.joined(separator: "\n")
}

/// One line per element, but neighbours of one body or joint ("torso: …") share theirs.
private func elementLines(_ part: EnvironmentSummary.Part) -> [String] {
  var lines: [String] = []
  var index = part.elements.startIndex
  while index < part.elements.endIndex {
    let (owner, first) = split(part.elements[index].name)
    var end = index + 1
    var names = [first]
    var units = [part.elements[index].unit]
    while end < part.elements.endIndex, first != nil, split(part.elements[end].name).owner == owner {
      names.append(split(part.elements[end].name).detail)
      units.append(part.elements[end].unit)
      end += 1
    }
    let start = part.range.lowerBound + index
    let indices = end - index == 1 ? "\(start)" : "\(start)…\(start + end - index - 1)"
    // A unit stands once for the run of names that share it.
    let described = names.indices.map { i in
      let unit = i + 1 < units.count && units[i + 1] == units[i] ? nil : "(\(units[i]))"
      return [names[i], unit].compactMap(\.self).joined(separator: " ")
    }
    lines.append("    " + padded(indices, 9) + padded(owner, 24) + described.joined(separator: ", "))
    index = end
  }
  return lines
}

private func split(_ name: String) -> (owner: String, detail: String?) {
  guard let colon = name.range(of: ": ") else { return (name, nil) }
  return (String(name[..<colon.lowerBound]), String(name[colon.upperBound...]))
}
