import Configuration
import Environments
import Experiments
import Foundation
import TestSupport
import Testing
import Training

/// Plans: what they say, and what is said of those that are wrong.
@Suite struct PlanTests {
  private func plan(_ text: String) throws -> Plan { try Plan(yaml: text, source: "plan.yaml") }

  private let small = """
    name: momentum
    environments: [Hopper, Walker2d]
    algorithms: [sac-hpo]
    variants:
      std-0.5: {momentum_std_exploration: 0.5}
      std-1.0: {momentum_std_exploration: 1.0}
    seeds: 0-1
    steps: 2000
    settings: {evaluation_interval: 500}
    figure: {panels: environment, lines: variant, value: return}
    """

  @Test func `a plan is every environment with every algorithm and variant, all of the first seed before any of the next`() throws {
    let runs = try plan(small).runs(out: "out", in: EnvironmentCatalog.registry)
    #expect(
      runs.map(\.directory.path) == [
        "out/momentum/Hopper-v2/sac-hpo+std-0.5/seed-0", "out/momentum/Hopper-v2/sac-hpo+std-1.0/seed-0",
        "out/momentum/Walker2d-v2/sac-hpo+std-0.5/seed-0", "out/momentum/Walker2d-v2/sac-hpo+std-1.0/seed-0",
        "out/momentum/Hopper-v2/sac-hpo+std-0.5/seed-1", "out/momentum/Hopper-v2/sac-hpo+std-1.0/seed-1",
        "out/momentum/Walker2d-v2/sac-hpo+std-0.5/seed-1", "out/momentum/Walker2d-v2/sac-hpo+std-1.0/seed-1",
      ])
    #expect(runs.map(\.settings.steps) == Array(repeating: 2000, count: 8))
    #expect(runs.map(\.settings.evaluationInterval) == Array(repeating: 500, count: 8))
    #expect(runs[0].settings.momentumStdExploration == 0.5 && runs[1].settings.momentumStdExploration == 1)
    #expect(
      runs[5].arguments(threads: 1) == [
        "train", "Hopper-v2", "--algorithm", "sac-hpo", "--seed", "1", "--steps", "2000", "--out", "out/momentum", "--threads", "1",
        "--name", "std-1.0", "--set", "evaluation_interval=500", "--set", "momentum_std_exploration=1.0",
      ])
  }

  @Test(arguments: [
    ("nme: x", "plan.yaml, line 1: unknown key 'nme'; did you mean 'name'?"),
    ("algorithms: [sac]", "plan.yaml: 'environments' is missing"),
    ("environments: [Hoper]\nalgorithms: [sac]", "plan.yaml, line 1: unknown environment 'Hoper'; did you mean 'Hopper'?"),
    ("environments: [Hopper]\nalgorithms:\n  - sac\n  - sax", "plan.yaml, line 4: unknown algorithm 'sax'; did you mean 'sac'?"),
    (
      "environments: Hopper\nalgorithms: sac\nsettings:\n  gamma: 0.9\n  gama: 1",
      "plan.yaml, line 5: unknown setting 'gama'; did you mean 'gamma'?"
    ),
    (
      "environments: Hopper\nalgorithms: sac\nvariants:\n  a: {gamma: 2}",
      "plan.yaml, line 4: 'gamma' cannot be '2'; it must be a number from 0.0 to 1.0"
    ),
    (
      "environments: Hopper\nalgorithms: sac\nsettings: {seed: 2}",
      "plan.yaml, line 3: 'seed' is not among a plan's settings; the plan has 'seeds'"
    ),
    ("environments: Hopper\nalgorithms: sac\nseeds: 4-1", "plan.yaml, line 3: 'seeds' cannot be '4-1'; it must be written 0-4 or 0,2,5-7"),
    ("environments: Hopper\nalgorithms: sac\nsteps: [1]", "plan.yaml, line 3: 'steps' cannot be 'a list'; it must be a number"),
    (
      "environments: Hopper\nalgorithms: sac\nfigure: {lnes: variant}",
      "plan.yaml, line 3: unknown key 'lnes'; did you mean 'lines'?"
    ),
    (
      "environments: Hopper\nalgorithms: sac\nvariants: {a/b: {}}",
      "plan.yaml, line 3: the variant 'a/b' can be no folder's name: no slash, no control character, no dot or space at the beginning, "
        + "at most 200 bytes"
    ),
    (
      "environments: [Hopper\nalgorithms: [sac]",
      "cannot read the plan 'plan.yaml': line 2, column 11: did not find expected ',' or ']' while parsing a flow sequence that "
        + "begins in line 1"
    ),
    ("seeds: 1\nseeds: 2", "cannot read the plan 'plan.yaml': line 1: 'seeds' stands there twice"),
    ("", "cannot read the plan 'plan.yaml': it is empty"),
    (
      "environments: &e [Hopper]\nalgorithms: sac\nsettings: {*e : 1}",
      "cannot read the plan 'plan.yaml': anchors and aliases (&name and *name) are not understood; write out what they stand for"
    ),
    ("environments: Hopper\nalgorithms: sac\nsettings: {? [a, b] : 1}", "plan.yaml, line 3: unknown setting '?'; 'hpo settings' lists them"),
    ("- a", "cannot read the plan 'plan.yaml': a plan holds 'key: value' lines"),
  ])
  func `what is wrong with a plan is said with file, line and key`(_ wrong: (text: String, message: String)) throws {
    var said = ""
    do {
      _ = try plan(wrong.text).runs(out: "out", in: EnvironmentCatalog.registry)
    } catch {
      said = "\(error)"
    }
    #expect(said == wrong.message)
  }

  @Test func `a run that makes no sense is left out where that is wished, and told of`() throws {
    var refused: [String] = []
    let runs = try plan("environments: [Hoper, Hopper]\nalgorithms: sac").runs(out: "out", in: EnvironmentCatalog.registry) { label, _ in
      refused.append(label)
    }
    #expect(runs.map(\.label) == ["Hopper-v2 sac seed 0"])
    #expect(refused == ["Hoper sac seed 0"])
  }

  @Test func `plans of one name share a folder, their seeds taken in turn, and a run in both is one run`() throws {
    let first = try plan("name: p\nenvironments: Hopper\nalgorithms: [sac, sac-hpo]\nseeds: 0-1").runs(out: "out", in: EnvironmentCatalog.registry)
    let second = try plan("name: p\nenvironments: Hopper\nalgorithms: [sac, baseline-3]\nseeds: 0-1").runs(
      out: "out", in: EnvironmentCatalog.registry)
    #expect(
      try [PlannedRun].merging([("a", first), ("b", second)]).map(\.label) == [
        "Hopper-v2 sac seed 0", "Hopper-v2 sac-hpo seed 0", "Hopper-v2 baseline-3 seed 0", "Hopper-v2 sac seed 1",
        "Hopper-v2 sac-hpo seed 1", "Hopper-v2 baseline-3 seed 1",
      ])
    let other = try plan("name: p\nenvironments: Hopper\nalgorithms: sac\nsettings: {gamma: 0.9}").runs(out: "out", in: EnvironmentCatalog.registry)
    #expect(throws: PlanError.sharedFolder(path: "out/p/Hopper-v2/sac/seed-0", first: "a", second: "b")) {
      try [PlannedRun].merging([("a", first), ("b", other)])
    }
  }

  @Test func `a command line changes seeds, steps and settings, but not what a variant is`() throws {
    var overrides = Plan.Overrides()
    overrides.seeds = [7]
    overrides.settings = [SettingEntry(key: "steps", value: "100", source: "--steps")]
    let runs = try plan(small).applying(overrides).runs(out: "out", in: EnvironmentCatalog.registry)
    #expect(runs.map(\.settings.seed) == [7, 7, 7, 7] && runs[0].settings.steps == 100)
    overrides.settings = [SettingEntry(key: "momentum_std_exploration", value: "2", source: "--set")]
    #expect(throws: PlanError.overridesVariant(key: "momentum_std_exploration", source: "--set", variant: "std-0.5")) {
      try plan(small).applying(overrides)
    }
  }

  @Test(arguments: [("3", [3]), ("0-2", [0, 1, 2]), ("0,2,5-7,6", [0, 2, 5, 6, 7])])
  func `seeds are numbers and ranges`(_ seeds: (text: String, numbers: [Int])) { #expect(Plan.seeds(seeds.text) == seeds.numbers) }

  @Test(arguments: ["", "-1", "1-", "2-1", "a", "1.5", "0-4-8", "0-99999999999"])
  func `other texts are no seeds`(_ text: String) { #expect(Plan.seeds(text) == nil) }

  @Test(arguments: [1, 8, 250])
  func `runs begun as places become free end with the last of them`(_ places: Int) {
    // Seven runs of 10 s and one of 40 s, which comes last.
    let seconds = Forecast.seconds(Array(repeating: 10.0, count: 7) + [40], places: places)
    #expect(seconds == (places == 1 ? 110 : 40))
  }
}

/// What is under `Experiments`.
@Suite struct ShippedPlanTests {
  private static let folder = String(#filePath.dropLast("Tests/ExperimentsTests/PlanTests.swift".count)) + "Experiments"

  private func runs(of plans: [String]) throws -> [PlannedRun] {
    try .merging(
      Plan.files(in: plans.map { "\(Self.folder)/\($0)" }).map { ($0, try Plan(contentsOf: $0).runs(out: "runs", in: EnvironmentCatalog.registry)) })
  }

  @Test func `the paper's figures are plans of the runs that they show`() throws {
    let counts = ["figure-2": 8 * 3 * 5, "figure-3": 2 * 3 * 5, "figure-4": 2 * 5 * 5, "figure-5": 3 * 9 * 5, "figure-6": 2 * 3 * 5]
    for (name, count) in counts {
      let runs = try runs(of: ["paper/\(name).yaml"])
      #expect(runs.count == count)
      #expect(runs.allSatisfy { $0.settings.steps == 1_000_000 && $0.out == "runs/\(name)" })
    }
    #expect(try runs(of: ["paper"]).count == counts.values.reduce(0, +))
    // Table I has K = 2 on Hopper and K = 3 on Ant: no variant of figure 5 is called what it is not.
    for run in try runs(of: ["paper/figure-5.yaml"]) where run.variant == "K-1" { #expect(run.settings.leapfrogSteps == 1) }
  }

  @Test func `three plans of one name are one experiment`() throws {
    let runs = try runs(of: ["method-small"])
    #expect(runs.count == 50)
    #expect(Set(runs.map(\.kind)).count == 10 && runs.prefix(10).allSatisfy { $0.settings.seed == 0 })
    #expect(runs.contains { $0.directory.path == "runs/method-small/Hopper-v2/sac-hpo+inert/seed-4" })
  }

  @Test(arguments: ["HalfCheetah", "Hopper", "Walker2d", "Ant", "Humanoid", "HumanoidPyBullet", "Flagrun", "FlagrunHarder"])
  func `Table I's file of a task says what the program takes by itself`(_ task: String) throws {
    let entries = try SettingsFile.entries(ofFile: "\(Self.folder)/paper/table-1/\(task).yaml")
    #expect(entries.count == 10)
    let defaults = try Settings(layers: [], environment: task, in: EnvironmentCatalog.registry)
    #expect(try Settings(layers: entries, environment: task, in: EnvironmentCatalog.registry) == defaults)
    // That the file is not empty talk: a value that differs would be taken.
    let other = entries.map { $0.key == "alpha" ? SettingEntry(key: "alpha", value: "0.9", source: "test") : $0 }
    #expect(try Settings(layers: other, environment: task, in: EnvironmentCatalog.registry) != defaults)
  }
}
