import Testing

@Suite struct SettingsCommandTests {
  @Test func `the settings are listed with what they are, their values and their defaults on the task`() throws {
    let ant = try Program.run(["settings", "Ant", "--algorithm", "safe-sac-hpo"])
    #expect(ant.exitCode == 0 && ant.error == "")
    let lines = ant.output.split(separator: "\n")
    #expect(lines.first == "Defaults of safe-sac-hpo on Ant-v2, as key: value in YAML or --set key=value:")
    for (key, meaning) in [
      ("leapfrog_step_size = 0.1", "ε; a number above 0 that single precision holds"),
      ("cost_limit = 25.0", "d₀ on the discounted cost; a number above 0, or default"),
      ("boundary = clip", "what happens at the walls of the action box; one of clip, reflect, latent, none"),
    ] {
      let index = try #require(lines.firstIndex(of: "    \(key)"), "\(key) is missing")
      #expect(lines[index + 1] == "        \(meaning)")
    }
    #expect(try Program.run(["settings"]).output.contains("    leapfrog_step_size = 0.2\n"))
    #expect(try Program.run(["settings", "Atn"]).error == "hpo: unknown environment 'Atn'; did you mean 'Ant'?\n")
  }

  @Test func `the help of --algorithm names every algorithm`() throws {
    let help = try Program.run(["train", "--help"]).output
    let table = [
      "sac-hpo", "sac", "sac-nf", "sac-lagrangian", "safe-sac-hpo", "baseline-1", "baseline-2", "baseline-3", "sac-hpo-zero-momentum",
    ]
    let words = Set(help.split { $0.isWhitespace || ",.()".contains($0) })
    for name in table { #expect(words.contains(name[...]), "\(name) is missing") }
  }
}
