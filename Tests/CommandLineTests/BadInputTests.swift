import Foundation
import HDF5
import TestSupport
import Testing

/// Bad input gets one clear line on stderr and an exit code: 2 for a wrong command or configuration, 1 for a run that failed.
@Suite struct BadInputTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func expectRefusal(
    _ arguments: [String], exitCode: Int32, _ message: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let outcome = try Program.run(arguments, in: folder.path)
    let expected = "hpo: \(message)\n".replacingOccurrences(of: "FOLDER", with: folder.path)
    #expect(outcome.error == expected, sourceLocation: sourceLocation)
    #expect(outcome.exitCode == exitCode, sourceLocation: sourceLocation)
  }

  private func write(_ text: String, to name: String) throws -> String {
    let path = "\(folder.path)/\(name)"
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test func `an unknown environment is refused with the nearest name`() throws {
    try expectRefusal(["train", "Hoper"], exitCode: 2, "unknown environment 'Hoper'; did you mean 'Hopper'?")
    try expectRefusal(
      ["env", "show", "halfcheetah-v4"], exitCode: 2,
      "unknown environment 'halfcheetah-v4'; did you mean 'HalfCheetah-v4'?")
  }

  @Test func `what a message quotes can neither break its line nor steer the terminal nor fill the screen`() throws {
    try expectRefusal(
      ["train", "Hopper", "--steps", "1\u{1B}[31m\u{B}2\n\u{2028}3"], exitCode: 2,
      "--steps: 'steps' cannot be '1\u{FFFD}[31m 2 3'; it must be an integer, 1 or more")
    let outcome = try Program.run(["train", "Hopper", "--steps", String(repeating: "9", count: 100_000)], in: folder.path)
    #expect(outcome.error.count < 2100)
    #expect(outcome.error.hasPrefix("hpo: --steps: 'steps' cannot be '999"))
    #expect(outcome.error.hasSuffix("999'; it must be an integer, 1 or more\n"))
  }

  @Test func `an unknown algorithm is refused with the nearest name`() throws {
    try expectRefusal(
      ["train", "Hopper", "--algorithm", "sac-hop"], exitCode: 2,
      "--algorithm: unknown algorithm 'sac-hop'; did you mean 'sac-hpo'?")
  }

  @Test func `numbers out of range are refused by name, flag or file`() throws {
    try expectRefusal(
      ["train", "Hopper", "--steps", "-5"], exitCode: 2, "--steps: 'steps' cannot be '-5'; it must be an integer, 1 or more")
    try expectRefusal(
      ["train", "Hopper", "--set", "tau=1.5"], exitCode: 2, "--set: 'tau' cannot be '1.5'; it must be a number from 0.0 to 1.0")
    let file = try write("seed: 3\ngamma: ninety\n", to: "settings.yaml")
    try expectRefusal(
      ["train", "Hopper", "--config", file], exitCode: 2,
      "FOLDER/settings.yaml, line 2: 'gamma' cannot be 'ninety'; it must be a number from 0.0 to 1.0")
  }

  @Test func `unknown settings are refused with the nearest one, in files and on the command line`() throws {
    let file = try write("seed: 3\n\nleapfrog_step: 4\n", to: "settings.yaml")
    try expectRefusal(
      ["train", "Hopper", "--config", file], exitCode: 2,
      "FOLDER/settings.yaml, line 3: unknown setting 'leapfrog_step'; did you mean 'leapfrog_steps'?")
    try expectRefusal(
      ["train", "Hopper", "--set", "environment.helthy_reward=2"], exitCode: 2,
      "--set: unknown parameter 'helthy_reward' of Hopper-v2; did you mean 'healthy_reward'?")
    try expectRefusal(
      ["train", "Hopper", "--set", "alpha"], exitCode: 2,
      "command line: '--set' cannot be 'alpha'; it must be key=value")
  }

  @Test func `settings files that cannot be read are named, with the reason`() throws {
    try expectRefusal(
      ["train", "Hopper", "--config", "missing.yaml"], exitCode: 2,
      "cannot read settings from 'missing.yaml': there is no such file")
    _ = try write("- a\n- b\n", to: "list.yaml")
    try expectRefusal(
      ["train", "Hopper", "--config", "list.yaml"], exitCode: 2,
      "cannot read settings from 'list.yaml': it holds no 'key: value' lines")
    _ = try write("seed: 1\nseed: 2\n", to: "twice.yaml")
    let twice = try Program.run(["train", "Hopper", "--config", "twice.yaml"], in: folder.path)
    #expect(twice.exitCode == 2 && twice.error.split(separator: "\n").count == 1 && twice.error.contains("twice.yaml"))
  }

  @Test func `a settings file of aliases of aliases, or of any size, is refused before it is taken apart`() throws {
    let levels = (1...8).map { level in "a\(level): &a\(level) [" + (0..<10).map { _ in "*a\(level - 1)" }.joined(separator: ",") + "]\n" }
    _ = try write("a0: &a0 [x]\n\(levels.joined())? *a8\n: 1\n? *a8\n: 2\n", to: "aliases.yaml")
    try expectRefusal(
      ["train", "Hopper", "--config", "aliases.yaml"], exitCode: 2,
      "cannot read settings from 'aliases.yaml': anchors and aliases (&name and *name) are not understood; write out what they stand for")
    _ = try write(String(repeating: "# nothing\n", count: 10_000), to: "long.yaml")
    try expectRefusal(
      ["train", "Hopper", "--config", "long.yaml"], exitCode: 2,
      "cannot read settings from 'long.yaml': it has more than 65536 bytes, the most that is read")
    // Signs that are no anchors are no reason.
    _ = try write("# salt & pepper, 2*3, R&D\nxml: '*.xml'\n", to: "signs.yaml")
    try expectRefusal(
      ["train", "Hopper", "--config", "signs.yaml"], exitCode: 2,
      "signs.yaml, line 2: unknown setting 'xml'; 'hpo settings' lists them")
  }

  @Test func `a file that is about another environment is refused`() throws {
    let file = try write("environment: Ant\n", to: "settings.yaml")
    try expectRefusal(
      ["train", "Hopper", "--config", file], exitCode: 2,
      "FOLDER/settings.yaml, line 1: 'environment' is Ant-v2, but Hopper-v2 was asked for")
    try expectRefusal(["train", "Hopper", "--out", ""], exitCode: 2, "--out cannot be empty; it names the folder of runs")
  }

  @Test func `more memory than there is is refused before anything is written`() throws {
    let outcome = try Program.run(
      ["train", "Humanoid", "--steps", "1e9", "--set", "replay_capacity=1e9", "--out", "\(folder.path)/runs"])
    #expect(outcome.exitCode == 2 && outcome.error.contains("replay_capacity 1000000000 needs 1"), "\(outcome.error)")
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/runs"))
  }

  @Test func `more threads than an update has lanes are refused where their speed would count`() throws {
    try expectRefusal(
      ["bench", "training", "Hopper", "--algorithm", "sac", "--repetitions", "1", "--threads", "3"], exitCode: 2,
      "--threads must be from 1 to 2, the lanes that an update is cut into, got 3")
  }

  @Test func `settings that contradict one another are refused`() throws {
    try expectRefusal(
      ["train", "Hopper", "--algorithm", "sac", "--set", "exploration_policy=proposed"], exitCode: 2,
      "exploration_policy 'proposed' needs training_policy 'proposed': T_h and σ_h would never be trained")
  }

  @Test func `a model that is missing or cut short is one line`() throws {
    try expectRefusal(
      ["train", "Hopper-v5", "--set", "environment.xml_file=./none.xml"], exitCode: 2,
      "could not read the model 'FOLDER/none.xml': No such file or directory; give the path of an MJCF file")
    _ = try write("<mujoco><worldbody><body>", to: "cut.xml")
    let cut = try Program.run(["train", "Hopper-v5", "--set", "environment.xml_file=./cut.xml"], in: folder.path)
    #expect(cut.exitCode == 2)
    #expect(cut.error.split(separator: "\n").count == 1 && cut.error.contains("'\(folder.path)/cut.xml'"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["cut.xml"], "nothing may be left behind")
  }

  @Test func `a run directory that cannot be made is named, with the reason`() throws {
    let file = try write("", to: "file")
    try expectRefusal(
      ["train", "Hopper", "--steps", "10", "--out", "\(file)/runs"], exitCode: 1,
      "cannot write to the run directory 'FOLDER/file/runs/Hopper-v2/sac-hpo/seed-0': Not a directory; choose another with "
        + "--out")
  }

  @Test func `a directory without a run, and a corrupt checkpoint, are one line each`() throws {
    try expectRefusal(
      ["evaluate", folder.path], exitCode: 1,
      "there is no 'checkpoint.h5' in 'FOLDER'; name the directory of a run that has got that far")
    _ = try write("not a checkpoint", to: "checkpoint.h5")
    let outcome = try Program.run(["evaluate", folder.path])
    #expect(outcome.exitCode == 1)
    #expect(outcome.error.split(separator: "\n").count == 1 && outcome.error.contains("checkpoint.h5"))
  }

  @Test func `networks are played under the settings they were trained with, whatever config.yaml beside them says`() throws {
    let trained = try Program.run(
      ["train", "Hopper", "--steps", "1", "--evaluation-episodes", "1", "--set", "hidden_size=8", "--set", "batch_size=4"],
      in: folder.path)
    #expect(trained.exitCode == 0, "\(trained.error)")
    let run = "runs/Hopper-v2/sac-hpo/seed-0"
    _ = try write("environment: HalfCheetah-v2\nalgorithm: sac-hpo\n", to: "\(run)/config.yaml")
    for flags in [[], ["--best"]] {
      let outcome = try Program.run(["evaluate", run, "--episodes", "1", "--json"] + flags, in: folder.path)
      #expect(outcome.exitCode == 0 && outcome.output.contains("\"Hopper-v2\""), "\(outcome.error)")
    }
  }

  @Test func `networks of another format version are not played`() throws {
    let trained = try Program.run(
      ["train", "Hopper", "--steps", "1", "--evaluation-episodes", "1", "--set", "hidden_size=8", "--set", "batch_size=4"],
      in: folder.path)
    #expect(trained.exitCode == 0, "\(trained.error)")
    let run = "\(folder.path)/runs/Hopper-v2/sac-hpo/seed-0"
    for (name, flags) in [("checkpoint.h5", []), ("best.h5", ["--best"])] {
      let file = try HDF5File.open(at: "\(run)/\(name)", mode: .readWrite)
      try file.setAttribute("format_version", 7)
      try file.close()
      try expectRefusal(
        ["evaluate", run] + flags, exitCode: 1,
        "'\(run)/\(name)' has format version 7, this program reads 1; use the program that wrote it, or --fresh")
    }
  }

  @Test func `a command that would write over what it reads is refused, by whatever name, and the file stays`() throws {
    let file = try write("episodes", to: "in.h5")
    symlink(file, "\(folder.path)/link.h5")
    let complaint = "'link.h5' is what this command reads; choose another --output"
    try expectRefusal(
      ["rollout", "--environment", "Hopper", "--input", "in.h5", "--output", "link.h5"], exitCode: 2, complaint)
    for inputs in [["in.h5", "other.h5"], ["other.h5", "in.h5"]] {
      try expectRefusal(
        ["probe", "--checkpoint", inputs[0], "--batch", inputs[1], "--output", "link.h5"], exitCode: 2, complaint)
    }
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "episodes")
  }

  @Test func `a result that cannot be printed is a failure`() throws {
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    for command in [["env", "list"], ["bench", "environments", "Hopper", "--steps", "1", "--repetitions", "1", "--json"]] {
      let outcome = try Program.run(command, output: full)
      #expect(outcome.exitCode == 1)
      #expect(outcome.error == "hpo: what was to be printed could not be written: No space left on device\n")
    }
  }

  @Test func `a wrong command is one line and exit code 2`() throws {
    for arguments in [["trian", "Hopper"], ["train"], ["train", "Hopper", "--no-such-flag"], ["evaluate", ".", "--episodes", "0"]] {
      let outcome = try Program.run(arguments)
      #expect(outcome.exitCode == 2, "\(arguments)")
      #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
    }
  }
}

@Suite struct CommandTests {
  @Test func `a short run leaves its files, is continued by its own config.yaml, and its policy can be evaluated`() throws {
    let folder = try TemporaryFolder()
    let small = ["--set", "hidden_size=16", "--set", "batch_size=8", "--set", "update_after=50", "--evaluation-episodes", "1"]
    let trained = try Program.run(["train", "Hopper", "--steps", "120"] + small, in: folder.path)
    #expect(trained.exitCode == 0, "\(trained.error)")
    let run = "\(folder.path)/runs/Hopper-v2/sac-hpo/seed-0"
    let files = try FileManager.default.contentsOfDirectory(atPath: run).sorted()
    #expect(files == [".lock", "best.h5", "checkpoint.h5", "config.yaml", "curve.h5", "replay.h5"])

    let again = try Program.run(["train", "Hopper", "--config", "\(run)/config.yaml"], in: folder.path)
    #expect(again.exitCode == 0 && again.output.contains("finished, 120 steps"), "\(again.error)")
    let longer = try Program.run(
      ["train", "Hopper", "--config", "\(run)/config.yaml", "--steps", "140"], in: folder.path)
    #expect(longer.exitCode == 0 && longer.output.contains("going on at step 120"), "\(longer.error)")

    for flags in [[], ["--best"]] {
      let evaluated = try Program.run(["evaluate", run, "--episodes", "2", "--json"] + flags)
      let object = try JSONSerialization.jsonObject(with: Data(evaluated.output.utf8)) as? [String: Any]
      #expect(object?["environment"] as? String == "Hopper-v2")
      #expect((object?["returns"] as? [Double])?.count == 2)
    }
  }

  @Test func `a policy trained under a cost is evaluated with it, episode by episode`() throws {
    let folder = try TemporaryFolder()
    let trained = try Program.run(
      ["train", "Ant", "--algorithm", "sac-lagrangian", "--steps", "1", "--evaluation-episodes", "1", "--set", "hidden_size=8"],
      in: folder.path)
    #expect(trained.exitCode == 0, "\(trained.error)")
    #expect(trained.output.contains(", discounted cost "), "\(trained.output)")
    let run = "\(folder.path)/runs/Ant-v2/sac-lagrangian/seed-0"
    let evaluated = try Program.run(["evaluate", run, "--episodes", "2", "--json"])
    let object = try JSONSerialization.jsonObject(with: Data(evaluated.output.utf8)) as? [String: Any]
    let costs = try #require(object?["costs"] as? [Double])
    let discounted = try #require(object?["discounted_costs"] as? [Double])
    #expect(costs.count == 2 && discounted.count == 2)
    #expect(zip(costs, discounted).allSatisfy { $0 > $1 && $1 > 0 })
    let lines = try Program.run(["evaluate", run, "--episodes", "2"]).output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[0].contains(String(format: "cost %.2f, discounted %.2f", costs[0], discounted[0])), "\(lines[0])")
    #expect(lines[2].contains(String(format: "mean cost %.2f", (costs[0] + costs[1]) / 2)), "\(lines[2])")
  }
}
