import ArgumentParser
import Support

/// A word where a subcommand belongs that is none: ArgumentParser calls it an unexpected argument, and suggests nothing.
enum UnknownCommand {
  /// What is to be said of it.
  /// - Parameters:
  ///   - arguments: as the process got them, without its own name.
  ///   - root: what they are arguments of.
  /// - Returns: `nil` where every subcommand is known, or where it is not by its subcommand that the command is wrong.
  static func message(for arguments: [String], of root: any ParsableCommand.Type) -> String? {
    // 'hpo help trian' too.
    message(for: arguments.first == "help" ? arguments.dropFirst() : arguments[...], of: root, called: root._commandName)
  }

  private static func message(
    for arguments: ArraySlice<String>, of command: any ParsableCommand.Type, called path: String
  ) -> String? {
    let subcommands = command.configuration.subcommands
    guard !subcommands.isEmpty, command.configuration.defaultSubcommand == nil, let word = arguments.first, !word.hasPrefix("-"),
      word != "help"
    else { return nil }
    for next in subcommands where next._commandName == word || next.configuration.aliases.contains(word) {
      return message(for: arguments.dropFirst(), of: next, called: "\(path) \(word)")
    }
    let names = subcommands.filter { $0.configuration.shouldDisplay }.map { $0._commandName }
    let suggestion = nearestName(to: word, among: names).map { "did you mean '\($0)'?" } ?? "there are \(names.joined(separator: ", "))"
    return "'\(word)' is no command of '\(path)'; \(suggestion)"
  }
}
