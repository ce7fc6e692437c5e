import Random
import RealModule

extension Matrix {
  /// Fills with independent standard normal numbers, by Box and Muller's transform, row by row.
  @specialized(where S == Float)
  @specialized(where S == Double)
  public func fillStandardNormal(using generator: inout SeededGenerator) {
    for row in 0..<rows {
      let line = pointer + row * stride
      var column = 0
      while column < columns {
        let radius = (-2 * Double.log(1 - generator.uniform())).squareRoot()
        let angle = 2 * Double.pi * generator.uniform()
        line[column] = S(radius * Double.cos(angle))
        if column + 1 < columns { line[column + 1] = S(radius * Double.sin(angle)) }
        column += 2
      }
    }
  }
}
