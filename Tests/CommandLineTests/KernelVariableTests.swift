import Testing

@Suite struct KernelVariableTests {
  @Test func `a kernel that is none is refused in one line before anything else, whatever the command`() throws {
    for arguments in [["env", "list"], ["--version"], ["train", "Hopper"]] {
      let outcome = try Program.run(arguments, variables: ["HPO_KERNEL": "fastest"])
      #expect(outcome.exitCode == 2)
      #expect(outcome.error.hasPrefix("hpo: HPO_KERNEL names no kernel: 'fastest'. This machine has "))
      #expect(outcome.error.hasSuffix("blas; without the variable the first is taken.\n"))
      #expect(outcome.output.isEmpty)
    }
  }

  @Test func `a kernel that is forced is the one that results are said to be computed with`() throws {
    let outcome = try Program.run(["--version"], variables: ["HPO_KERNEL": "blas"])
    #expect(outcome.exitCode == 0)
    #expect(outcome.output.contains("instructions: any "))
  }
}
