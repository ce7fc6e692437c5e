import CHDF5
import Synchronization

/// The one funnel through which calls of the C library pass.
///
/// HDF5 builds differ in whether they are thread-safe, so one lock covers the whole library. Bodies call C and nothing
/// else: a body that made or dropped a ``Handle`` would wait for its own lock.
enum Library {
  private static let lock = Mutex(())

  /// Calls where failure cannot be reported, as in a `deinit`.
  @discardableResult
  static func call<Result: Sendable>(_ body: () -> Result) -> Result {
    lock.withLock { _ in
      silence()
      return body()
    }
  }

  /// Calls that report failure by a negative number, as nearly all do.
  /// - Parameter error: turns the library's reasons, innermost first and never empty, into the error to throw.
  @discardableResult
  static func check<Result: SignedInteger & Sendable>(
    _ body: () -> Result, orThrow error: (_ reasons: [String]) -> HDF5Error
  ) throws(HDF5Error) -> Result {
    let (result, reasons) = lock.withLock { _ in
      silence()
      let result = body()
      return (result, result < 0 ? errorStack() : [])
    }
    if result < 0 { throw error(reasons) }
    return result
  }

  /// At exit HDF5 would try once more to write files that could not be written, and crash over them (seen with 1.10.8 on a full disk).
  /// Every file is closed by its owner anyway.
  private static let leavesExitAlone: Void = { H5dont_atexit() }()

  /// Stops HDF5 from printing errors. Thread-safe builds keep this setting per thread, so it is made at every call.
  private static func silence() {
    _ = leavesExitAlone
    H5Eset_auto2(shim_current_error_stack(), nil, nil)
  }

  /// What the operating system said, where it was the one that refused. HDF5 quotes it among much else: "file write failed: time = …,
  /// errno = 28, error message = 'No space left on device', buf = …".
  static func systemReason(in reasons: [String]) -> String? {
    for reason in reasons where reason.contains("errno = ") {
      let message = reason.split(separator: "error message = '").dropFirst().first?.split(separator: "'").first
      return message.map(String.init) ?? reason
    }
    return nil
  }

  private static func errorStack() -> [String] {
    var reasons: [String] = []
    withUnsafeMutablePointer(to: &reasons) { pointer in
      _ = H5Ewalk2(
        shim_current_error_stack(), H5E_WALK_UPWARD,
        { _, entry, context in
          if let text = entry?.pointee.desc {
            context?.assumingMemoryBound(to: [String].self).pointee.append(String(cString: text))
          }
          return 0
        }, pointer)
    }
    return reasons.isEmpty ? ["the library gave no reason"] : reasons
  }
}

/// One HDF5 identifier, closed when its owner goes out of scope. Never one of the library's predefined identifiers.
struct Handle: ~Copyable {
  let id: hid_t

  /// Takes ownership of what `make` returns.
  init(_ make: () -> hid_t, orThrow error: (_ reasons: [String]) -> HDF5Error) throws(HDF5Error) {
    id = try Library.check(make, orThrow: error)
  }

  /// Forgets the identifier without closing it.
  consuming func abandon() { discard self }

  // Closing a file closes the objects in it, after which their identifiers are no longer valid and this does nothing.
  deinit {
    let id = id
    Library.call { H5Idec_ref(id) }
  }
}
