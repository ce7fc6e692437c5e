import ArgumentParser
import Configuration
import Gym
import SettingDeclarations

// What a shell offers at a command's arguments: the words are those of the program that writes the script (--generate-completion-script).

extension CompletionKind {
  /// Full names, and those that stand for one of them.
  static var environments: CompletionKind { .list(Program.current.environments.entries.flatMap { $0.aliases + [$0.id] }) }

  static var algorithms: CompletionKind { .list(Program.current.algorithms.algorithms.map(\.name)) }

  /// `gamma=`; what follows is the user's.
  static var settings: CompletionKind { .list(Program.current.algorithms.settings.map { "\($0.key)=" }) }
}
