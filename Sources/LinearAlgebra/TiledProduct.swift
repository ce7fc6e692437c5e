import CProcessor
import Support

/// A matrix product as the inner loops see it: C ← finish(start + A·B), shapes checked.
public struct TiledProduct<S: Scalar> {
  let rows: Int
  let columns: Int
  /// Terms of each sum.
  let steps: Int
  let left: UnsafePointer<S>
  /// From a row of A to the next, and from one of its columns to the next; exchanged for Aᵀ.
  let leftRowStride: Int
  let leftStepStride: Int
  let right: UnsafePointer<S>
  let rightStride: Int
  /// Whether B is stored with its rows and columns exchanged.
  let rightIsTransposed: Bool
  let result: UnsafeMutablePointer<S>
  let resultStride: Int
  /// Where the sums start, if not from zero; 0 strides repeat one row.
  let start: UnsafePointer<S>?
  let startStride: Int
  let finish: ProductFinish<S>
}

extension Double {
  /// Double checks derivatives; BLAS will do.
  public static var multipliesInTiles: Bool { false }
  public static func multiply(_ product: TiledProduct<Double>) { trap("products of Double are not cut into tiles") }
}

extension Float {
  /// Without fused multiply-adds in hardware BLAS is faster: it looks for the machine's best instructions when it is loaded.
  public static var multipliesInTiles: Bool { BuildTarget.hasFusedMultiplyAdd }

  public static func multiply(_ product: TiledProduct<Float>) {
    switch product.finish {
    case .nothing: multiplyPanels(product, Unchanged())
    case .relu: multiplyPanels(product, Rectified())
    case .keepWherePositive(let output, let list):
      multiplyPanels(product, KeptWherePositive(output: output.pointer, stride: output.stride, rows: list?.storage))
    }
  }
}

/// What happens to sixteen sums on their way to memory; ``ProductFinish`` as types, so that each has its own loops.
private protocol TileFinish {
  func finished(_ x: SIMD16<Float>, row: Int, columns: Range<Int>) -> SIMD16<Float>
}

private struct Unchanged: TileFinish {
  @inline(__always)
  func finished(_ x: SIMD16<Float>, row: Int, columns: Range<Int>) -> SIMD16<Float> { x }
}

private struct Rectified: TileFinish {
  @inline(__always)
  func finished(_ x: SIMD16<Float>, row: Int, columns: Range<Int>) -> SIMD16<Float> {
    x.replacing(with: 0, where: x .< 0)
  }
}

private struct KeptWherePositive: TileFinish {
  let output: UnsafePointer<Float>
  let stride: Int
  let rows: UnsafePointer<Int32>?

  @inline(__always)
  func finished(_ x: SIMD16<Float>, row: Int, columns: Range<Int>) -> SIMD16<Float> {
    let line = output + (rows.map { Int($0[row]) } ?? row) &* stride
    return SIMD16<Float>(repeating: 0).replacing(with: x, where: load(line, columns) .> 0)
  }
}

// B is copied, sixteen columns at a time, to a panel that the first-level cache holds. Sums of six rows by sixteen columns stay in
// registers while one walks along A's rows and down the panel. Each sum adds its terms one by one in order, each rounded once (fused),
// so how the matrices are cut, and how wide the machine's registers are, changes no result.

/// Columns of a panel.
private let width = 16
/// Rows of a panel, at most: longer sums go on from where they are.
private let depth = 256
/// depth × width numbers, and room to begin at a cache line: a row that straddles two costs twice.
private typealias Panel = InlineArray<4112, Float>

@inline(__always)
private func multiplyPanels(_ product: TiledProduct<Float>, _ finish: some TileFinish) {
  var memory = Panel(repeating: 0)
  var span = memory.mutableSpan
  span.withUnsafeMutableBufferPointer { buffer in
    guard let base = buffer.baseAddress else { return }
    let panel = base + (-Int(bitPattern: base) & 63) / MemoryLayout<Float>.stride
    var column = 0
    while column < product.columns {
      let columns = column..<min(column &+ width, product.columns)
      var step = 0
      repeat {
        let steps = step..<min(step &+ depth, product.steps)
        fill(panel, from: product, steps, columns)
        if steps.upperBound == product.steps {
          multiplyTiles(product, steps, columns, panel, finish)
        } else {
          multiplyTiles(product, steps, columns, panel, Unchanged())
        }
        step = steps.upperBound
      } while step < product.steps
      column += width
    }
  }
}

/// panel[step, column] ← B[step, column], zeros beyond its last column.
private func fill(_ panel: UnsafeMutablePointer<Float>, from product: TiledProduct<Float>, _ steps: Range<Int>, _ columns: Range<Int>) {
  if columns.count < width { panel.update(repeating: 0, count: steps.count * width) }
  if !product.rightIsTransposed {
    for step in steps {
      let row = load(product.right + step &* product.rightStride, columns)
      UnsafeMutableRawPointer(panel + (step &- steps.lowerBound) &* width).storeBytes(of: row, as: SIMD16<Float>.self)
    }
    return
  }
  let source = product.right + columns.lowerBound &* product.rightStride + steps.lowerBound
  var step = 0
  if columns.count == width {
    while step &+ 8 <= steps.count {
      transpose8(source + step, product.rightStride, panel + step &* width)
      transpose8(source + 8 &* product.rightStride + step, product.rightStride, panel + step &* width + 8)
      step += 8
    }
  }
  while step < steps.count {
    for column in 0..<columns.count { panel[step &* width &+ column] = source[column &* product.rightStride &+ step] }
    step += 1
  }
}

/// Eight rows of eight numbers, `stride` apart, become eight columns of a panel.
@inline(__always)
private func transpose8(_ source: UnsafePointer<Float>, _ stride: Int, _ target: UnsafeMutablePointer<Float>) {
  var rows = InlineArray<8, SIMD8<Float>> { UnsafeRawPointer(source + $0 &* stride).loadUnaligned(as: SIMD8<Float>.self) }
  // Three perfect shuffles: numbers of row i and i + 4 alternate, then those of the results.
  for _ in 0..<3 {
    var shuffled = rows
    for index in 0..<4 {
      var pair = SIMD16<Float>()
      pair.evenHalf = rows[index]
      pair.oddHalf = rows[index &+ 4]
      shuffled[2 &* index] = pair.lowHalf
      shuffled[2 &* index &+ 1] = pair.highHalf
    }
    rows = shuffled
  }
  for index in 0..<8 {
    UnsafeMutableRawPointer(target + index &* width).storeBytes(of: rows[index], as: SIMD8<Float>.self)
  }
}

@inline(__always)
private func multiplyTiles(
  _ product: TiledProduct<Float>, _ steps: Range<Int>, _ columns: Range<Int>, _ panel: UnsafePointer<Float>,
  _ finish: some TileFinish
) {
  var row = 0
  while row < product.rows {
    prefetch(product, row, steps, columns)
    let left = product.rows &- row
    // Tiles of few rows wait for their own sums: eight rows are rather two fours than six and two.
    if left >= 6 && left != 8 {
      multiplyTile(product, row, steps, columns, panel, InlineArray<6, SIMD16<Float>>(repeating: .zero), finish)
      row &+= 6
    } else if left >= 4 {
      multiplyTile(product, row, steps, columns, panel, InlineArray<4, SIMD16<Float>>(repeating: .zero), finish)
      row &+= 4
    } else {
      multiplyTile(product, row, steps, columns, panel, InlineArray<1, SIMD16<Float>>(repeating: .zero), finish)
      row &+= 1
    }
  }
}

/// Asks for what is needed soon: a share of the next panel of B and C while this one is at work, and A's next rows during the first.
@inline(__always)
private func prefetch(_ product: TiledProduct<Float>, _ row: Int, _ steps: Range<Int>, _ columns: Range<Int>) {
  if columns.upperBound < product.columns {
    let result = product.result + columns.upperBound
    for index in row..<min(row &+ 6, product.rows) {
      processor_prefetch_for_writing(result + index &* product.resultStride)
    }
    let lines = steps.count &* row / product.rows..<steps.count &* min(row &+ 6, product.rows) / product.rows
    if product.rightIsTransposed {
      // Line l is sixteen steps of the panel's column l mod 16.
      let right = product.right + (columns.upperBound &* product.rightStride &+ steps.lowerBound)
      for line in lines { processor_prefetch(right + ((line & 15) &* product.rightStride &+ line & ~15)) }
    } else {
      let right = product.right + (columns.upperBound &+ steps.lowerBound &* product.rightStride)
      for line in lines { processor_prefetch(right + line &* product.rightStride) }
    }
  }
  if columns.lowerBound == 0 {
    let left = product.left + ((row &+ 6) &* product.leftRowStride &+ steps.lowerBound &* product.leftStepStride)
    if product.leftStepStride == 1 {
      for index in 0..<6 {
        var step = 0
        while step < steps.count {
          processor_prefetch(left + (index &* product.leftRowStride &+ step))
          step &+= 16
        }
      }
    } else {
      for step in 0..<steps.count { processor_prefetch(left + step &* product.leftStepStride) }
    }
  }
}

@inline(__always)
private func multiplyTile<let count: Int>(
  _ product: TiledProduct<Float>, _ row: Int, _ steps: Range<Int>, _ columns: Range<Int>, _ panel: UnsafePointer<Float>,
  _ zeros: InlineArray<count, SIMD16<Float>>, _ finish: some TileFinish
) {
  var sums = zeros
  let result = product.result + row &* product.resultStride
  if steps.lowerBound > 0 {
    for index in 0..<count { sums[index] = load(result + index &* product.resultStride, columns) }
  } else if let start = product.start {
    let first = start + row &* product.startStride
    for index in 0..<count { sums[index] = load(first + index &* product.startStride, columns) }
  }
  let rowStride = product.leftRowStride
  let stepStride = product.leftStepStride
  var left = product.left + row &* rowStride + steps.lowerBound &* stepStride
  var panel = panel
  for _ in 0..<steps.count {
    let b = UnsafeRawPointer(panel).loadUnaligned(as: SIMD16<Float>.self)
    for index in 0..<count {
      sums[index] = sums[index].addingProduct(SIMD16(repeating: left[index &* rowStride]), b)
    }
    left += stepStride
    panel += width
  }
  for index in 0..<count {
    store(finish.finished(sums[index], row: row &+ index, columns: columns), result + index &* product.resultStride, columns)
  }
}

@inline(__always)
private func load(_ line: UnsafePointer<Float>, _ columns: Range<Int>) -> SIMD16<Float> {
  if columns.count == width { return WholeSixteen(start: columns.lowerBound).load(line) }
  return PartOfSixteen(range: columns).load(line)
}

@inline(__always)
private func store(_ x: SIMD16<Float>, _ line: UnsafeMutablePointer<Float>, _ columns: Range<Int>) {
  if columns.count == width {
    WholeSixteen(start: columns.lowerBound).store(x, line)
  } else {
    PartOfSixteen(range: columns).store(x, line)
  }
}
