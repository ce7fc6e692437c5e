import Foundation
import TestSupport
import Testing

/// What `make` hands to `hpo`.
@Suite struct MakeTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// - Parameter variables: of the shell that make is started from.
  private func make(_ arguments: [String], variables: [String: String] = [:]) throws -> String {
    // Prints what would be run; nothing is set up or built. Whatever make the tests were started from is none of theirs.
    let command =
      [
        "env", "-u", "MAKEFLAGS", "-u", "MFLAGS", "-u", "MAKELEVEL", "make", "--no-print-directory", "-C", Self.root, "-o", "build", "-o",
        "setup-bullet",
      ]
      + ["HPO=printf '%s\\n'"] + arguments
    return try Tool.run(command, variables: variables).output
  }

  private func words(_ arguments: String..., variables: [String: String] = [:]) throws -> [String] {
    try make(arguments, variables: variables).split(separator: "\n").map(String.init)
  }

  @Test func `every option of a command has its variable`() throws {
    // hpo itself says which options there are.
    struct Dump: Decodable {
      struct Command: Decodable {
        var commandName: String
        var subcommands: [Command]?
        var arguments: [Argument]?
      }
      struct Argument: Decodable {
        struct Name: Decodable {
          var name: String
        }
        var kind: String
        var shouldDisplay: Bool
        var preferredName: Name?
      }
      var command: Command
    }
    let printed = try Program.run(["--experimental-dump-help"]).output
    let root = try JSONDecoder().decode(Dump.self, from: Data(printed.utf8)).command
    // Named otherwise in make, where they were first.
    let other = ["out": "OUT=x", "algorithm": "ALGO=x", "output": "FILM=x", "set": "SET=x=1"]
    let targets = [
      ("train", "experiment", "ENV=x"), ("evaluate", "evaluate", "RUN=x"), ("sweep", "sweep", "PLAN=x"),
      ("video", "video", "RUN=x"), ("watch", "watch", "RUN=x"),
    ]
    for (name, target, needed) in targets {
      let command = try #require(root.subcommands?.first { $0.commandName == name })
      for argument in command.arguments ?? [] where argument.kind != "positional" && argument.shouldDisplay {
        let option = try #require(argument.preferredName?.name)
        if ["help", "version"].contains(option) { continue }
        let variable = other[option] ?? option.uppercased().replacing("-", with: "_") + "=1"
        let words = try words(target, needed, variable)
        #expect(words.contains("--\(option)"), "\(target) \(variable): \(words)")
      }
    }
  }

  @Test func `values stay whole, several settings are several, and a zero is no flag`() throws {
    #expect(
      try words("experiment", "ENV=Hopper", "NAME=two words", "SET=gamma=0.9 hidden_size=8", "FRESH=0")
        == ["train", "Hopper", "--out", "runs", "--name", "two words", "--set", "gamma=0.9", "--set", "hidden_size=8"])
  }

  @Test func `a shell's own variables are none of make's`() throws {
    #expect(
      try words("experiment", variables: ["NAME": "laptop", "FRESH": "1", "THREADS": "9"]) == ["train", "HalfCheetah", "--out", "runs"])
  }
}
