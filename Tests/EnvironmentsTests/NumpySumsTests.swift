import Environments
import Testing

/// References: `np.sum(np.square(a))` for a = ((arange(n) * 7919 % 2003) - 1001).astype(dtype) / dtype(1000), numpy
/// 2.4.6. Adding up in order gives other last digits from 8 elements on.
@Suite struct NumpySumsTests {
  static let singles: [(Int, Float)] = [
    (3, 2.49413800239563), (7, 3.8992717266082764), (8, 4.022473335266113), (17, 4.658377170562744),
    (84, 27.24637222290039), (300, 99.64763641357422),
  ]
  static let doubles: [(Int, Double)] = [
    (3, 2.4941379999999995), (7, 3.8992719999999994), (8, 4.022473), (17, 4.658377), (84, 27.246374),
    (300, 99.64763500000001),
  ]

  @Test(arguments: singles) func `sums of squares in Float are numpy's`(count: Int, expected: Float) {
    #expect(values(count).map { Float($0) / 1000 }.withUnsafeBufferPointer(sumOfSquares) == expected)
  }

  @Test(arguments: doubles) func `sums of squares in Double are numpy's`(count: Int, expected: Double) {
    #expect(values(count).map { Double($0) / 1000 }.withUnsafeBufferPointer(sumOfSquares) == expected)
  }

  private func values(_ count: Int) -> [Int] { (0..<count).map { $0 * 7919 % 2003 - 1001 } }
}
