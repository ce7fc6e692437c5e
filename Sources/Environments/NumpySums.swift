// numpy's order of summation: floating-point addition is not associative, so equality bit for bit needs the same tree.

/// Σ element(i) for 0 ≤ i < count, as `numpy.sum` adds up a contiguous array: in order below 8 elements, with eight
/// interleaved accumulators up to 128, and halved (at multiples of 8) beyond.
/// - Source: `pairwise_sum` in numpy 2's `loops_utils.h.src`.
@inline(__always)
package func pairwiseSum<Number: BinaryFloatingPoint>(count: Int, element: (Int) -> Number) -> Number {
  count <= 128
    ? blockSum(from: 0, count: count, element: element) : halvedSum(from: 0, count: count, element: element)
}

private func halvedSum<Number: BinaryFloatingPoint>(
  from start: Int, count: Int, element: (Int) -> Number
) -> Number {
  guard count > 128 else { return blockSum(from: start, count: count, element: element) }
  let half = count / 2 / 8 * 8
  return halvedSum(from: start, count: half, element: element)
    + halvedSum(from: start + half, count: count - half, element: element)
}

@inline(__always)
private func blockSum<Number: BinaryFloatingPoint>(
  from start: Int, count: Int, element: (Int) -> Number
) -> Number {
  let end = start + count
  guard count >= 8 else {
    var sum: Number = 0
    for i in start..<end { sum += element(i) }
    return sum
  }
  var r0 = element(start)
  var r1 = element(start + 1)
  var r2 = element(start + 2)
  var r3 = element(start + 3)
  var r4 = element(start + 4)
  var r5 = element(start + 5)
  var r6 = element(start + 6)
  var r7 = element(start + 7)
  var i = start + 8
  while i + 8 <= end {
    r0 += element(i)
    r1 += element(i + 1)
    r2 += element(i + 2)
    r3 += element(i + 3)
    r4 += element(i + 4)
    r5 += element(i + 5)
    r6 += element(i + 6)
    r7 += element(i + 7)
    i += 8
  }
  var sum = ((r0 + r1) + (r2 + r3)) + ((r4 + r5) + (r6 + r7))
  while i < end {
    sum += element(i)
    i += 1
  }
  return sum
}

/// `numpy.sum(numpy.square(values))` in the precision of `values`.
package func sumOfSquares<Number: BinaryFloatingPoint>(_ values: UnsafeBufferPointer<Number>) -> Number {
  pairwiseSum(count: values.count) { values[$0] * values[$0] }
}
