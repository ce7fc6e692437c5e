import Synchronization

/// What an environment simulates, by content: a hash that is computed when somebody asks for it, once.
public final class ModelHash: Sendable, Equatable {
  private let compute: @Sendable () throws -> String
  private let computed = Mutex<String?>(nil)

  /// - Parameter compute: the hash; takes time, and is asked at most until it succeeds.
  public init(_ compute: @escaping @Sendable () throws -> String) {
    self.compute = compute
  }

  /// - Throws: what computing it throws.
  public func value() throws -> String {
    try computed.withLock { known in
      if let known { return known }
      let hash = try compute()
      known = hash
      return hash
    }
  }

  /// Compares the hashes, and so computes both.
  public static func == (first: ModelHash, second: ModelHash) -> Bool {
    if first === second { return true }
    guard let hash = try? first.value() else { return false }
    return hash == (try? second.value())
  }
}
