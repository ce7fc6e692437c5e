import Testing

@Suite struct CommandNameTests {
  @Test(arguments: [
    (["trian", "Hopper"], "'trian' is no command of 'hpo'; did you mean 'train'?"),
    (["evalute"], "'evalute' is no command of 'hpo'; did you mean 'evaluate'?"),
    (["env", "lst"], "'lst' is no command of 'hpo env'; did you mean 'list'?"),
    (["help", "trian"], "'trian' is no command of 'hpo'; did you mean 'train'?"),
    (["env", "zzzzzzzz"], "'zzzzzzzz' is no command of 'hpo env'; there are list, show"),
  ])
  func `a mistyped command is answered with the nearest there is`(_ arguments: [String], _ message: String) throws {
    let outcome = try Program.run(arguments)
    #expect(outcome.exitCode == 2 && outcome.error == "hpo: \(message)\n" && outcome.output == "", "\(outcome)")
  }

  @Test func `arguments that are no commands are left to the command`() throws {
    let option = try Program.run(["train", "Hopper", "--sead", "3"])
    #expect(option.exitCode == 2 && option.error.contains("did you mean '--seed'") || option.error.contains("Did you mean '--seed'"))
    #expect(try Program.run(["help", "train"]).output.contains("--from-replay"))
    #expect(try Program.run(["settings", "Atn"]).error == "hpo: unknown environment 'Atn'; did you mean 'Ant'?\n")
    #expect(try Program.run([]).output.contains("SUBCOMMANDS"))
  }

  @Test func `the version names the commit`() throws {
    let lines = try Program.run(["--version"]).output.split(separator: "\n")
    #expect(lines.contains { $0.wholeMatch(of: /commit: (unknown|[0-9a-f]{40})/) != nil })
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `completions offer environments, algorithms and settings`(_ shell: String) throws {
    let script = try Program.run(["--generate-completion-script", shell]).output
    for word in ["HalfCheetah-v5", "sac-hpo-zero-momentum", "leapfrog_step_size="] {
      #expect(script.contains(word), "\(word) is missing")
    }
  }
}
