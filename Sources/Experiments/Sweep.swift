import Configuration
import Foundation
import Records
import Training

/// Many runs on one machine, a process each, as many at a time as there are processors and memory for.
///
/// A run that fails is told of, and the others go on. A signal that asks to stop stops all of them, each with its checkpoint.
public final class Sweep {
  /// How far one of the runs is.
  public enum State: Sendable, Equatable {
    /// Its turn has not come.
    case waiting
    /// Another process is at work in its directory.
    case held(by: String)
    /// A process of this sweep is at work.
    case running
    /// All steps are taken.
    case finished
    /// It did not get there.
    case failed(reason: String)
  }

  /// What a sweep tells while it goes on.
  public enum Event: Sendable, Equatable {
    /// A process began, or went on, with a run.
    case started(PlannedRun, threads: Int)
    /// A run has taken all its steps; `alreadyWas` before this sweep.
    case finished(PlannedRun, alreadyWas: Bool)
    /// A run did not.
    case failed(PlannedRun, reason: String)
    /// Another process is at work there; it is waited for.
    case held(PlannedRun, by: String)
    /// What a run said on standard error.
    case said(PlannedRun, line: String)
    /// There are processors for more runs at a time than so many, but no memory.
    case shortOfMemory(runs: Int)
    /// The sweep was asked to stop and waits for its runs.
    case stopping(StopSignal)
  }

  /// How to go about it.
  public struct Options: Sendable {
    /// Path of the program that trains, asked before each start.
    public var program: @Sendable () -> String
    /// Runs at a time; `nil`: a processor each.
    public var jobs: Int?
    /// Threads of each run; `nil`: one, and two while there are fewer runs than processors.
    public var threads: Int?
    /// What may be used.
    public var resources: Resources
    /// Discards what runs have recorded so far.
    public var startsOver = false

    /// - Parameters:
    ///   - program: path of the program that trains.
    ///   - resources: what may be used.
    public init(program: @escaping @Sendable () -> String = { ownProgram }, resources: Resources = .current) {
      self.program = program
      self.resources = resources
    }
  }

  /// All runs, in the order of their turns.
  public let runs: [PlannedRun]
  /// Of each run.
  public private(set) var states: [State]
  /// Told of what happens.
  public var onEvent: (Event) -> Void = { _ in }
  /// Called about once a second while runs are at work.
  public var onTick: () -> Void = {}
  /// The signal that asked to stop.
  public private(set) var stopSignal: StopSignal?

  private let options: Options
  private let needs: [Int]
  private var children: [Child] = []
  private var hasStarted: Set<Int> = []
  /// When to look again at runs that others hold.
  private var nextLook: [Int: ContinuousClock.Instant] = [:]
  private var toldOfMemory = false

  private final class Child {
    let run: Int
    let threads: Int
    let memory: Int
    var process: ChildProcess
    /// What it said last and nobody has been told yet: should it fail, that is why.
    var newLine: String?
    var lastLine: String?

    init(run: Int, threads: Int, memory: Int, process: consuming ChildProcess) {
      self.run = run
      self.threads = threads
      self.memory = memory
      self.process = process
    }
  }

  /// - Parameter runs: of which no two share a directory.
  /// - Throws: what making an environment throws: its sizes decide how much memory a run takes.
  public init(_ runs: [PlannedRun], _ options: Options) throws {
    self.runs = runs
    self.options = options
    var known: [String: Int] = [:]
    needs = try runs.map { run in
      let key =
        "\(run.settings.environment) \(run.settings.environmentParameters.map { "\($0)=\($1)" }.sorted()) "
        + "\(run.settings.replayCapacity) \(run.settings.steps)"
      if let need = known[key] { return need }
      let need = try run.memory()
      known[key] = need
      return need
    }
    states = runs.map { _ in .waiting }
  }

  /// Runs at a time, once all processors are at work.
  public var jobs: Int {
    if let jobs = options.jobs { return jobs }
    let threads = options.threads ?? (runs.allSatisfy(\.choosesThreads) ? runs.map(\.settings.threadsInUse).max() ?? 1 : 1)
    return max(1, options.resources.processors / threads)
  }

  /// Bytes that as many runs as are at work at a time come to use, the largest first.
  public var memory: Int { needs.sorted(by: >).prefix(jobs).reduce(0, +) }

  /// The runs at work, in the order of their start.
  public var running: [PlannedRun] { children.map { runs[$0.run] } }

  /// Those that failed, and why.
  public var failures: [(run: PlannedRun, reason: String)] {
    zip(runs, states).compactMap { run, state in
      if case .failed(let reason) = state { (run, reason) } else { nil }
    }
  }

  /// Takes all runs to their end, or to a stop.
  /// - Throws: when the system gives no pipe.
  public func run() throws {
    let signals = try SweepSignals()
    let lifeline = try Lifeline()
    var nextTick = ContinuousClock.now
    while true {
      if stopSignal == nil { startRuns(lifeline) }
      if children.isEmpty && (stopSignal != nil || !states.contains(where: \.isPending)) { break }
      wait(for: signals, until: nextTick)
      for signal in signals.received() { take(signal) }
      reap()
      if ContinuousClock.now >= nextTick {
        tellLines()
        onTick()
        nextTick = .now + .seconds(1)
      }
    }
    onTick()
  }

  // MARK: Starting

  private func startRuns(_ lifeline: borrowing Lifeline) {
    for index in runs.indices where states[index].isPending {
      guard children.count < options.jobs ?? .max else { return }
      let threads = threads(for: index)
      // The first may have more than there are.
      let busy = children.reduce(0) { $0 + $1.threads }
      if options.jobs == nil && !children.isEmpty && busy + threads > options.resources.processors { return }
      if let look = nextLook[index], look > .now { continue }
      if isSettled(index) { continue }
      let used = children.reduce(0) { $0 + $1.memory }
      if needs[index] > options.resources.memory {
        fail(
          index,
          "it needs \(gigabytes(needs[index])) of memory, mostly for its replay_capacity, and \(gigabytes(options.resources.memory)) are "
            + "there; take a smaller replay_capacity")
        continue
      }
      guard used + needs[index] <= options.resources.memory else {
        if !toldOfMemory { onEvent(.shortOfMemory(runs: children.count)) }
        toldOfMemory = true
        return
      }
      start(index, threads: threads, lifeline)
    }
  }

  /// One for each run; two for as many as leave one to each of the others that could be at work beside them.
  private func threads(for index: Int) -> Int {
    if let threads = options.threads { return threads }
    if runs[index].choosesThreads { return runs[index].settings.threadsInUse }
    let busy = children.reduce(0) { $0 + $1.threads }
    let others = min(states.count(where: \.isPending), options.jobs.map { $0 - children.count } ?? .max) - 1
    return options.resources.processors - busy - others >= 2 ? 2 : 1
  }

  /// Whether there is nothing to start: the run is finished, cannot go on, or another process is at work on it.
  private func isSettled(_ index: Int) -> Bool {
    let run = runs[index]
    if let holder = RunHolder.of(run.directory), case .process(let name) = holder {
      hold(index, by: name)
      return true
    }
    if options.startsOver && !hasStarted.contains(index) { return false }
    do {
      guard try TrainingRun.isFinished(run.settings, in: run.directory) else { return false }
      let alreadyWas = !hasStarted.contains(index)
      states[index] = .finished
      onEvent(.finished(run, alreadyWas: alreadyWas))
    } catch {
      fail(index, "\(error)")
    }
    return true
  }

  private func hold(_ index: Int, by name: String) {
    if states[index] != .held(by: name) { onEvent(.held(runs[index], by: name)) }
    states[index] = .held(by: name)
    nextLook[index] = .now + .seconds(2)
  }

  private func start(_ index: Int, threads: Int, _ lifeline: borrowing Lifeline) {
    let run = runs[index]
    var arguments = run.arguments(threads: threads) + ["--stop-at-end-of-input"]
    if options.startsOver && hasStarted.insert(index).inserted { arguments.append("--fresh") }
    hasStarted.insert(index)
    do {
      let process = try ChildProcess(options.program(), arguments, lifeline: lifeline)
      children.append(Child(run: index, threads: threads, memory: needs[index], process: process))
      states[index] = .running
      onEvent(.started(run, threads: threads))
    } catch {
      fail(index, "\(error)")
    }
  }

  private func fail(_ index: Int, _ reason: String) {
    states[index] = .failed(reason: reason)
    onEvent(.failed(runs[index], reason: reason))
  }

  // MARK: Waiting

  private func wait(for signals: SweepSignals, until time: ContinuousClock.Instant) {
    var descriptors = [pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0)]
    descriptors += children.map { pollfd(fd: $0.process.isSilent ? -1 : $0.process.errors, events: Int16(POLLIN), revents: 0) }
    let left = max(.zero, time - .now).components
    let milliseconds = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000 + 1
    poll(&descriptors, nfds_t(descriptors.count), Int32(clamping: milliseconds))
  }

  private func take(_ signal: Int32) {
    switch signal {
    case SIGUSR1: for child in children { child.process.send(SIGUSR1) }
    default:
      guard let stop = StopSignal.all.first(where: { $0.number == signal }) else { return }
      if stopSignal == nil {
        stopSignal = stop
        onEvent(.stopping(stop))
      } else if signal == SIGINT {
        // Who asks again does not want to wait.
        for child in children { child.process.send(SIGKILL) }
      }
      for child in children { child.process.send(SIGTERM) }
    }
  }

  /// Hears the children, and takes leave of those that have ended.
  private func reap() {
    var living: [Child] = []
    for child in children {
      let hasEnded = child.process.hasEnded()
      for line in child.process.newLines(all: hasEnded) {
        if stopSignal == nil, let line = child.newLine { onEvent(.said(runs[child.run], line: line)) }
        (child.newLine, child.lastLine) = (line, line)
      }
      guard let ending = child.process.ending else {
        living.append(child)
        continue
      }
      take(ending, of: child)
    }
    children = living
  }

  /// What runs that are at work have said is no last word.
  private func tellLines() {
    if stopSignal != nil { return }
    for child in children {
      if let line = child.newLine { onEvent(.said(runs[child.run], line: line)) }
      child.newLine = nil
    }
  }

  private func take(_ ending: ChildProcess.Ending, of child: Child) {
    let run = runs[child.run]
    let said = child.lastLine.map { $0.hasPrefix("hpo: ") ? String($0.dropFirst(5)) : $0 }
    if ending == .exited(0) {
      if let line = child.newLine { onEvent(.said(run, line: line)) }
      states[child.run] = .finished
      onEvent(.finished(run, alreadyWas: false))
      return
    }
    // What a run says that was told to stop is no news.
    if stopSignal != nil {
      states[child.run] = .waiting
      return
    }
    if case .exited(2) = ending, case .process(let name)? = RunHolder.of(run.directory) {
      // Somebody else was quicker.
      return hold(child.run, by: name)
    }
    switch ending {
    case .exited(let code): fail(child.run, said ?? "it ended with exit code \(code)")
    case .killed(SIGKILL): fail(child.run, "it was killed (SIGKILL: by somebody, or by the system for want of memory)")
    case .killed(let signal):
      fail(child.run, "it was ended by signal \(signal), \(String(cString: strsignal(signal)))" + (said.map { ": \($0)" } ?? ""))
    }
  }
}

extension Sweep.State {
  /// Whether there is something left to start.
  var isPending: Bool {
    switch self {
    case .waiting, .held: true
    default: false
    }
  }
}

/// Bytes as people say them.
public func gigabytes(_ bytes: Int) -> String { String(format: "%.1f GB", Double(bytes) / 1e9) }
