import Glibc

// What numpy takes from the C library, taken from there too.

/// `numpy.sin` of a double.
func sine(_ x: Double) -> Double { sin(x) }

/// `numpy.cos` of a double.
func cosine(_ x: Double) -> Double { cos(x) }

/// `x**2` of a numpy scalar: the C library's power, in one case of a thousand not what the product rounds to.
package func squared(_ x: Double) -> Double { pow(x, exponent.pointee) }

/// The same in single precision.
package func squared(_ x: Float) -> Float { powf(x, Float(exponent.pointee)) }

/// 2, in memory that the optimiser knows nothing of: where it sees the exponent, it makes a product of the power.
nonisolated(unsafe) private let exponent: UnsafeMutablePointer<Double> = {
  let pointer = UnsafeMutablePointer<Double>.allocate(capacity: 1)
  pointer.initialize(to: 2)
  return pointer
}()

/// `numpy.linalg.norm` of three numbers: the root of BLAS' dot product, which adds in order on machines without AVX-512.
func length(_ vector: SIMD3<Double>) -> Double {
  ((vector.x * vector.x + vector.y * vector.y) + vector.z * vector.z).squareRoot()
}
