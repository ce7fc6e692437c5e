import CZlib
import Filming
import Foundation
import Gym
import TestSupport
import Testing

@Suite struct AnimatedPNGTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func `an animated PNG holds every picture as it was`() throws {
    let path = "\(folder.path)/film.png"
    let pictures = (0..<5).map { index in
      var picture = Picture(width: 32, height: 18)
      for x in 0..<32 {
        for y in 0..<18 { picture[x, y] = [UInt8(8 * x), UInt8(truncatingIfNeeded: 40 * index + x * y), UInt8(y * y % 251)] }
      }
      return picture
    }
    try Film(path: path, width: 32, height: 18).write(framePeriod: 0.0165) { append in
      for picture in pictures { try append(picture) }
    }
    let png = try DecodedPNG(path)
    #expect(png.names == ["IHDR", "acTL", "fcTL", "IDAT"] + Array(repeating: ["fcTL", "fdAT"], count: 4).flatMap { $0 } + ["IEND"])
    #expect(png.announcedPictures == 5)
    #expect(png.sequence == Array(0..<9))
    #expect(png.delays == Array(repeating: 0.0165, count: 5))
    #expect(png.pictures == pictures)
  }

  @Test func `a film that fails on the way leaves the file that was there`() throws {
    struct Failure: Error {}
    let path = "\(folder.path)/film.png"
    try Data("old".utf8).write(to: URL(fileURLWithPath: path))
    #expect(throws: Failure.self) {
      try Film(path: path, width: 32, height: 32).write(framePeriod: 0.05) { append in
        try append(Picture(width: 32, height: 32))
        throw Failure()
      }
    }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["film.png"])
  }
}

/// A reader of the animated PNGs that have truecolor, written from the specification and not from the writer.
private struct DecodedPNG {
  var names: [String] = []
  var announcedPictures = 0
  var sequence: [Int] = []
  var delays: [Double] = []
  var pictures: [Picture] = []

  struct Malformed: Error {
    var what: String
  }

  init(_ path: String) throws {
    let data = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    func number(_ at: Int, _ bytes: Int) -> Int { data[at..<at + bytes].reduce(0) { $0 << 8 | Int($1) } }
    guard data.prefix(8) == [137, 80, 78, 71, 13, 10, 26, 10] else { throw Malformed(what: "signature") }
    var (width, height, cursor) = (0, 0, 8)
    while cursor < data.count {
      let length = number(cursor, 4)
      let body = cursor + 8
      let name = String(decoding: data[cursor + 4..<body], as: UTF8.self)
      let checked = Array(data[cursor + 4..<body + length])
      guard Int(crc32(0, checked, uInt(checked.count))) == number(body + length, 4) else { throw Malformed(what: "checksum of \(name)") }
      names.append(name)
      switch name {
      case "IHDR":
        (width, height) = (number(body, 4), number(body + 4, 4))
        guard Array(data[body + 8..<body + 13]) == [8, 2, 0, 0, 0] else { throw Malformed(what: "header") }
      case "acTL": announcedPictures = number(body, 4)
      case "fcTL":
        sequence.append(number(body, 4))
        guard number(body + 4, 4) == width, number(body + 8, 4) == height else { throw Malformed(what: "frame size") }
        delays.append(Double(number(body + 20, 2)) / Double(number(body + 22, 2)))
      case "IDAT": pictures.append(try Self.picture(Array(data[body..<body + length]), width, height))
      case "fdAT":
        sequence.append(number(body, 4))
        pictures.append(try Self.picture(Array(data[body + 4..<body + length]), width, height))
      default: break
      }
      cursor = body + length + 4
    }
  }

  private static func picture(_ compressed: [UInt8], _ width: Int, _ height: Int) throws -> Picture {
    let stride = 3 * width
    var rows = [UInt8](repeating: 0, count: height * (stride + 1))
    var count = uLong(rows.count)
    guard uncompress(&rows, &count, compressed, uLong(compressed.count)) == Z_OK, Int(count) == rows.count else {
      throw Malformed(what: "compressed rows")
    }
    var picture = Picture(width: width, height: height)
    for y in 0..<height {
      let kind = rows[y * (stride + 1)]
      for index in 0..<stride {
        let value = rows[y * (stride + 1) + 1 + index]
        let left = index >= 3 ? picture.bytes[y * stride + index - 3] : 0
        let above = y > 0 ? picture.bytes[(y - 1) * stride + index] : 0
        switch kind {
        case 0: picture.bytes[y * stride + index] = value
        case 1: picture.bytes[y * stride + index] = value &+ left
        case 2: picture.bytes[y * stride + index] = value &+ above
        default: throw Malformed(what: "filter \(kind)")
        }
      }
    }
    return picture
  }
}
