import Support

/// A picture in memory: rows from the top, pixels from the left, red, green and blue a byte each.
public struct Picture: Sendable, Equatable {
  /// Pixels.
  public let width: Int
  /// Pixels.
  public let height: Int
  /// [height, width, 3]. Its length never changes: replacing it by one of another length stops the program.
  public var bytes: [UInt8] {
    didSet {
      demand(
        bytes.count == 3 * width * height,
        "a picture of \(width)x\(height) pixels has \(3 * width * height) bytes, got \(bytes.count)")
    }
  }

  /// A black picture, at least one pixel wide and high.
  public init(width: Int, height: Int) {
    demand(width >= 1 && height >= 1, "a picture has pixels, \(width)x\(height) are none")
    self.width = width
    self.height = height
    bytes = Array(repeating: 0, count: 3 * width * height)
  }

  /// Red, green and blue, 0…255.
  public typealias Color = SIMD3<UInt8>

  /// The color in column x, counted from the left, and row y, counted from the top.
  public subscript(x: Int, y: Int) -> Color {
    get {
      let first = 3 * (y * width + x)
      return Color(bytes[first], bytes[first + 1], bytes[first + 2])
    }
    set {
      let first = 3 * (y * width + x)
      for channel in 0..<3 { bytes[first + channel] = newValue[channel] }
    }
  }
}

// MARK: - Simple shapes, enough for a classic task

extension Picture {
  /// Paints everything in one color.
  public mutating func fill(_ color: Color) {
    for pixel in 0..<width * height {
      for channel in 0..<3 { bytes[3 * pixel + channel] = color[channel] }
    }
  }

  /// Paints a line with round ends and smooth edges; `start` = `end` makes a disc.
  /// - Parameters:
  ///   - start, end: x from the left and y from the top, in pixels; the first pixel's middle is (0.5, 0.5).
  ///   - radius: half of the line's thickness, in pixels.
  public mutating func drawLine(from start: SIMD2<Double>, to end: SIMD2<Double>, radius: Double, color: Color) {
    let low = pointwiseMin(start, end) - (radius + 1)
    let high = pointwiseMax(start, end) + (radius + 1)
    guard low.x < Double(width), low.y < Double(height), high.x > 0, high.y > 0 else { return }
    let direction = end - start
    let squaredLength = (direction * direction).sum()
    for y in max(Int(low.y), 0)..<min(Int(high.y) + 1, height) {
      for x in max(Int(low.x), 0)..<min(Int(high.x) + 1, width) {
        let offset = SIMD2(Double(x) + 0.5, Double(y) + 0.5) - start
        let along = squaredLength > 0 ? min(max((offset * direction).sum() / squaredLength, 0), 1) : 0
        let across = offset - along * direction
        let distance = (across * across).sum().squareRoot()
        blend(color, x, y, coverage: min(max(radius + 0.5 - distance, 0), 1))
      }
    }
  }

  /// Paints an upright rectangle; what lies outside of the picture is left out.
  public mutating func fillRectangle(x: Range<Int>, y: Range<Int>, color: Color) {
    for row in y.clamped(to: 0..<height) {
      for column in x.clamped(to: 0..<width) { self[column, row] = color }
    }
  }

  private mutating func blend(_ color: Color, _ x: Int, _ y: Int, coverage: Double) {
    guard coverage > 0 else { return }
    let under = SIMD3<Double>(self[x, y])
    let mixed = under + coverage * (SIMD3<Double>(color) - under)
    self[x, y] = Color(UInt8(mixed.x.rounded()), UInt8(mixed.y.rounded()), UInt8(mixed.z.rounded()))
  }
}
