import CZlib
import Foundation
import Gym

/// An animated PNG: what browsers and picture viewers show without a player. Programs that know only PNG show the first picture.
///
/// zlib does the work; it is there already, as HDF5 depends on it, so it is linked like HDF5.
/// - Source: Portable Network Graphics, third edition (w3.org/TR/png-3), §§5 (chunks), 9 (filters), 11.3.6 (animation).
final class AnimatedPNG: FilmEncoder {
  private let descriptor: Int32
  /// The film's own path, for messages.
  private let film: String
  private let width: Int
  private let height: Int
  /// Seconds per picture as numerator and denominator.
  private let delay: (UInt16, UInt16)
  private var pictures: UInt32 = 0
  /// Animation chunks are numbered.
  private var sequence: UInt32 = 0
  private var isOpen = true
  private var filtered: [UInt8]
  private var compressed: [UInt8]

  /// Where the animation's control chunk begins: after the signature and the header.
  private static let controlOffset = 8 + 25

  init(path: String, film: String, width: Int, height: Int, framePeriod: Double) throws {
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw RenderingError.fileNotWritten(path: film, reason: String(cString: strerror(errno)))
    }
    self.film = film
    self.width = width
    self.height = height
    let denominator = framePeriod < 6.5 ? 10_000.0 : 1
    delay = (UInt16(min(max((framePeriod * denominator).rounded(), 1), 65_535)), UInt16(denominator))
    filtered = Array(repeating: 0, count: (1 + 3 * width) * height)
    compressed = Array(repeating: 0, count: Int(compressBound(uLong(filtered.count))))
    try write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    // 8 bits per channel, truecolor; deflate, adaptive filters, not interlaced.
    try writeChunk("IHDR", bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, 2, 0, 0, 0])
    try writeControl()
  }

  deinit { abandon() }

  func append(_ picture: Picture) throws {
    let frame =
      bigEndian(sequence) + bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + bigEndian(0) + bigEndian(0)
      + bigEndian(delay.0) + bigEndian(delay.1) + [0, 0]
    try writeChunk("fcTL", frame)
    sequence += 1
    filter(picture)
    let count = try compress()
    if pictures == 0 {
      try writeChunk("IDAT", compressed[0..<count])
    } else {
      try writeChunk("fdAT", bigEndian(sequence) + compressed[0..<count])
      sequence += 1
    }
    pictures += 1
  }

  func finish() throws {
    try writeChunk("IEND", [])
    guard lseek(descriptor, off_t(Self.controlOffset), SEEK_SET) >= 0 else { throw failure() }
    try writeControl()
    isOpen = false
    guard close(descriptor) == 0 else { throw failure() }
  }

  func abandon() {
    if isOpen { close(descriptor) }
    isOpen = false
  }

  /// How many pictures there are, to be shown again and again.
  private func writeControl() throws { try writeChunk("acTL", bigEndian(pictures) + bigEndian(0)) }

  // MARK: Filters and compression

  /// Each row as what it differs in from the pixel to its left or from the row above, whichever leaves less to say.
  private func filter(_ picture: Picture) {
    let stride = 3 * width
    picture.bytes.withUnsafeBufferPointer { bytes in
      filtered.withUnsafeMutableBufferPointer { target in
        for y in 0..<height {
          let row = bytes.baseAddress! + y * stride
          let out = target.baseAddress! + y * (1 + stride)
          if y > 0 && size(row, minus: row - stride, from: 0, to: stride) < size(row, minus: row - 3, from: 3, to: stride) {
            out[0] = 2
            for index in 0..<stride { out[1 + index] = row[index] &- row[index - stride] }
          } else {
            out[0] = 1
            for index in 0..<3 { out[1 + index] = row[index] }
            for index in 3..<stride { out[1 + index] = row[index] &- row[index - 3] }
          }
        }
      }
    }
  }

  /// Σ |difference|, the usual guess at what will compress better.
  private func size(_ row: UnsafePointer<UInt8>, minus other: UnsafePointer<UInt8>, from first: Int, to end: Int) -> Int {
    var sum = 0
    for index in first..<end { sum += Int(Int8(bitPattern: row[index] &- other[index]).magnitude) }
    return sum
  }

  private func compress() throws -> Int {
    var count = uLong(compressed.count)
    let status = compress2(&compressed, &count, filtered, uLong(filtered.count), 6)
    guard status == Z_OK else {
      throw RenderingError.fileNotWritten(path: film, reason: "zlib gives \(status) (\(String(cString: zError(status))))")
    }
    return Int(count)
  }

  // MARK: Chunks

  private func writeChunk(_ name: String, _ content: some Collection<UInt8>) throws {
    let body = Array(name.utf8) + content
    try write(bigEndian(UInt32(content.count)) + body + bigEndian(UInt32(crc32(0, body, uInt(body.count)))))
  }

  private func write(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw failure() }
      rest = rest.dropFirst(written)
    }
  }

  private func failure() -> RenderingError {
    .fileNotWritten(path: film, reason: String(cString: strerror(errno)))
  }

  private func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
  private func bigEndian(_ value: Int) -> [UInt8] { bigEndian(UInt32(value)) }
}
