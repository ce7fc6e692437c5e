import Agents
import Configuration
import LinearAlgebra

extension Settings {
  /// Threads of an update here: what was asked for, or as many as the process may use; more than there are lanes would idle.
  public var threadsInUse: Int {
    switch self.threads {
    case .count(let count): min(count, self.lanes)
    case .auto: min(Processors.available(), self.lanes)
    }
  }
}
