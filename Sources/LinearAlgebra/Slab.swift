import Glibc

/// Memory on large pages where the system has them; freed with `deallocate()`.
package enum LargePages {
  static let size = 1 << 21

  /// Memory of any content. What is never touched costs nothing.
  package static func allocate(bytes: Int) -> UnsafeMutableRawPointer {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: size)
    #if os(Linux)
      // A wish: without it the program is slower, not wrong.
      _ = madvise(memory, bytes, MADV_HUGEPAGE)
    #endif
    return memory
  }
}

/// Memory that many matrices share, on large pages where the system has them: an update walks through megabytes with strides of a
/// kilobyte, and on 4 KB pages a good part of its time would go into address translation.
///
/// Memory is handed out in order and given back to the system when the last of its users is gone.
final class Slab: @unchecked Sendable {
  private static let cacheLine = 64
  private nonisolated(unsafe) static var current: Slab?
  /// Of `current` and what is taken from it. A lock that ThreadSanitizer knows, which `Synchronization`'s is not.
  private nonisolated(unsafe) static let lock = {
    let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    pthread_mutex_init(lock, nil)
    return lock
  }()

  private let base: UnsafeMutableRawPointer
  private let size: Int
  private var used = 0

  private init(size: Int) {
    self.size = size
    base = LargePages.allocate(bytes: size)
    memset(base, 0, size)
  }

  deinit { base.deallocate() }

  /// Zeroed memory at a cache line's start; it lives as long as the slab.
  static func allocate(bytes: Int) -> (slab: Slab, memory: UnsafeMutableRawPointer) {
    // A line more than asked for, so that equal buffers do not all begin at the same place of the caches.
    let taken = (bytes + cacheLine - 1) / cacheLine * cacheLine + cacheLine
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    let slab: Slab
    if let present = current, present.used + taken <= present.size {
      slab = present
    } else {
      slab = Slab(size: (taken + LargePages.size - 1) / LargePages.size * LargePages.size)
      // What is larger than a slab has its own; the present one goes on.
      if taken < LargePages.size { current = slab }
    }
    let memory = slab.base + slab.used
    slab.used += taken
    return (slab, memory)
  }
}
