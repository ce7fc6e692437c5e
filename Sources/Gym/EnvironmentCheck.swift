/// How much of an environment is looked at.
public enum EnvironmentCheckExtent: Sendable {
  /// Its sizes, one start and one step; where there is no time limit, whether random actions ever end an episode. What runs begin with.
  case quick
  /// Also whole episodes of random actions, each played twice.
  case full
}

/// Looks for what is wrong with an environment, by playing in it. Afterwards it stands somewhere in an episode: reset it.
///
/// - Parameters:
///   - environment: inside of a ``TimeLimit``, its task is what is looked at.
///   - seed: of the starts and the random actions.
/// - Returns: a sentence for each thing that is wrong; none for an environment that runs can be given.
public func checkEnvironment(
  _ environment: any Environment, _ extent: EnvironmentCheckExtent = .full, seed: UInt64 = 0
) -> [String] {
  var check = EnvironmentCheck((environment as? TimeLimit)?.environment ?? environment, seed: seed)
  return check.run(extent)
}

private struct EnvironmentCheck {
  private let environment: any Environment
  private let facts: EnvironmentSpecification
  private let name: String
  private let seed: UInt64
  private var findings: [String] = []

  /// Steps after which an episode of random actions is given up where nothing limits it.
  private static let patience = 10_000
  private static let episodes = 3
  /// Of an episode that is played twice.
  private static let longest = 200

  init(_ environment: any Environment, seed: UInt64) {
    self.environment = environment
    facts = environment.specification
    name = facts.id.isEmpty ? "the environment" : facts.id
    self.seed = seed
  }

  mutating func run(_ extent: EnvironmentCheckExtent) -> [String] {
    checkSpecification()
    guard findings.isEmpty else { return findings }
    if facts.timeLimit == nil { checkThatEpisodesEnd() }
    if extent == .quick { _ = episode(0, steps: 1) } else { checkEpisodes() }
    return findings
  }

  private mutating func checkSpecification() {
    if facts.id.isEmpty { note("the environment has an empty id; name it with a version, as in 'Spring-v0'") }
    if facts.observationSize < 1 { note("\(name) says its observations have \(facts.observationSize) numbers; at least 1 is needed") }
    if facts.actionSize < 1 { note("\(name) says its actions have \(facts.actionSize) numbers; at least 1 is needed") }
    if let limit = facts.timeLimit, limit < 1 { note("\(name) has a time limit of \(limit) steps; at least 1 is needed, nil means none") }
  }

  private mutating func checkThatEpisodesEnd() {
    guard let steps = episode(0, steps: Self.patience), steps.last?.step.ending == nil else { return }
    note(
      "\(name) has no time limit, and \(Self.patience) random actions ended no episode: evaluations might never end; give its "
        + "specification a timeLimit")
  }

  private mutating func checkEpisodes() {
    for number in 0..<Self.episodes {
      let length = min(facts.timeLimit ?? Self.longest, Self.longest)
      guard let first = episode(number, steps: length), let second = episode(number, steps: length) else { return }
      guard first != second else { continue }
      let at = zip(first, second).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(first.count, second.count)
      note(
        "\(name) is not determined by its generator: the same start and actions gave something else \(Self.place(at)); draw every "
          + "random number from the generator that reset is given, and keep nothing from one episode to the next")
      return
    }
  }

  /// A start or a step, and what was observed then.
  private struct Moment: Equatable {
    var step: Step
    var observation: [Double]
  }

  /// Plays an episode of random actions, the same for the same number.
  /// - Returns: start and steps; `nil` when it had to be given up for something that was noted.
  private mutating func episode(_ number: Int, steps: Int) -> [Moment]? {
    var starts = SplitMix64(state: seed &+ UInt64(number))
    var actions = SplitMix64(state: ~(seed &+ UInt64(number)))
    do {
      try environment.reset(using: &starts)
    } catch {
      note("\(name) could not start an episode: \(error)")
      return nil
    }
    var moments = [Moment(step: Step(reward: 0), observation: environment.observation)]
    guard isSound(moments[0], after: 0) else { return nil }
    for index in 1...steps {
      // The ends of the range are actions too.
      let action = (0..<facts.actionSize).map { _ in
        index % 10 == 0 ? (Bool.random(using: &actions) ? Float(1) : -1) : Float.random(in: -1...1, using: &actions)
      }
      do {
        let step = try environment.step(action)
        moments.append(Moment(step: step, observation: environment.observation))
      } catch {
        note("\(name) threw \(Self.place(index)): \(error)")
        return nil
      }
      guard isSound(moments[index], after: index) else { return nil }
      if moments[index].step.ending != nil { break }
    }
    return moments
  }

  /// Notes what is wrong with a moment.
  private mutating func isSound(_ moment: Moment, after index: Int) -> Bool {
    let before = findings.count
    let place = Self.place(index)
    let count = moment.observation.count
    if count != facts.observationSize {
      note("\(name)'s observation has \(count) numbers \(place), its specification says \(facts.observationSize)")
    }
    if let element = moment.observation.firstIndex(where: { !$0.isStorable }) {
      note("\(name)'s observation \(place) is \(moment.observation[element]) at index \(element): \(Self.storable)")
    }
    if !moment.step.reward.isStorable { note("\(name)'s reward \(place) is \(moment.step.reward): \(Self.storable)") }
    if !moment.step.cost.isStorable { note("\(name)'s cost \(place) is \(moment.step.cost): \(Self.storable)") }
    if moment.step.ending == .truncated {
      note(
        "\(name) truncates its episode \(place) by itself; give its specification a timeLimit instead, which runs keep")
    }
    return findings.count == before
  }

  private static let storable = "it must be a finite number that single precision holds"

  private static func place(_ step: Int) -> String { step == 0 ? "after reset" : "after step \(step)" }

  /// Once each: what is wrong in one episode is wrong in the next.
  private mutating func note(_ finding: String) {
    if !findings.contains(finding) { findings.append(finding) }
  }
}

extension Double {
  /// Whether it is a number to replay memory and networks too, which are single precision.
  package var isStorable: Bool { Float(self).isFinite }
}

/// A generator of the check's own, so that this module needs no other.
/// - Source: Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195.
private struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
