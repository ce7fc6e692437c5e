import CProcessor

/// Asks for memory that will be read soon, so that waiting for it overlaps with other work.
@inline(__always)
package func prefetch<T>(_ pointer: UnsafePointer<T>, count: Int) {
  var offset = 0
  while offset < count * MemoryLayout<T>.stride {
    processor_prefetch(UnsafeRawPointer(pointer) + offset)
    offset += 64
  }
}
