import RealModule

/// Loops over one row that are worth vector instructions. The plain loops here say what is meant, and serve Double; Float's are in C,
/// where they are compiled for several instruction sets.
///
/// ReLU compares with 0 so that NaN passes: it shows in the loss instead of vanishing in a mask.
public protocol RowKernels {
  /// x ← max(x, 0).
  static func rectify(_ x: UnsafeMutablePointer<Self>, _ count: Int)
  /// x ← x where y > 0, 0 elsewhere.
  static func keepWherePositive(_ x: UnsafeMutablePointer<Self>, _ y: UnsafePointer<Self>, _ count: Int)
  /// x ← w where y > 0, 0 elsewhere.
  static func copyWherePositive(
    _ x: UnsafeMutablePointer<Self>, _ w: UnsafePointer<Self>, _ y: UnsafePointer<Self>, _ count: Int)
  /// x ← x for x > 0, eˣ − 1 elsewhere.
  static func elu(_ x: UnsafeMutablePointer<Self>, _ count: Int)
  /// x ← x · (1 where y > 0, y + 1 elsewhere).
  static func multiplyByELUDerivative(_ x: UnsafeMutablePointer<Self>, _ y: UnsafePointer<Self>, _ count: Int)
  /// x ← 1/(1 + e⁻ˣ).
  static func sigmoid(_ x: UnsafeMutablePointer<Self>, _ count: Int)
  /// g = gradient + other    m ← β₁m + (1 − β₁)g    v ← β₂v + (1 − β₂)g²    θ ← θ − stepSize·m/(√v·scale + ε).
  static func adamStep(
    theta: UnsafeMutablePointer<Self>, first: UnsafeMutablePointer<Self>, second: UnsafeMutablePointer<Self>,
    gradient: UnsafePointer<Self>, other: UnsafePointer<Self>?, _ count: Int, _ constants: AdamConstants<Self>)
  /// x[i], x[16 + i] ← √(−2 ln x[i])·(cos, sin)(2π·x[16 + i]) for i < 16: independent standard normal numbers, where they were uniform.
  static func makeNormal(_ block: UnsafeMutablePointer<Self>)
  /// x[c] ← x[c] + Σ over `rows` rows of a, `stride` numbers from one to the next, added in order.
  static func addRows(_ x: UnsafeMutablePointer<Self>, _ a: UnsafePointer<Self>, rows: Int, columns: Int, stride: Int)
  /// x ← x + scale·y.
  static func add(_ x: UnsafeMutablePointer<Self>, _ y: UnsafePointer<Self>, scaledBy scale: Self, _ count: Int)
  /// x ← x + rate·(y − x).
  static func interpolate(_ x: UnsafeMutablePointer<Self>, _ y: UnsafePointer<Self>, rate: Self, _ count: Int)
}

/// The numbers of one Adam step.
public struct AdamConstants<S> {
  public var beta1: S
  public var beta2: S
  /// 1 − β₁ and 1 − β₂, rounded once: 1 − Float(0.999) is off by 1.3·10⁻⁵ of itself.
  public var share1: S
  public var share2: S
  /// η/(1 − β₁ᵗ).
  public var stepSize: S
  /// 1/√(1 − β₂ᵗ).
  public var scale: S
  public var epsilon: S

  public init(beta1: S, beta2: S, share1: S, share2: S, stepSize: S, scale: S, epsilon: S) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.share1 = share1
    self.share2 = share2
    self.stepSize = stepSize
    self.scale = scale
    self.epsilon = epsilon
  }
}

extension Double: RowKernels {
  public static func rectify(_ x: UnsafeMutablePointer<Double>, _ count: Int) {
    for i in 0..<count { x[i] = x[i] < 0 ? 0 : x[i] }
  }

  public static func keepWherePositive(_ x: UnsafeMutablePointer<Double>, _ y: UnsafePointer<Double>, _ count: Int) {
    for i in 0..<count { x[i] = y[i] > 0 ? x[i] : 0 }
  }

  public static func copyWherePositive(
    _ x: UnsafeMutablePointer<Double>, _ w: UnsafePointer<Double>, _ y: UnsafePointer<Double>, _ count: Int
  ) {
    for i in 0..<count { x[i] = y[i] > 0 ? w[i] : 0 }
  }

  public static func elu(_ x: UnsafeMutablePointer<Double>, _ count: Int) {
    for i in 0..<count { x[i] = x[i] > 0 ? x[i] : Double.expMinusOne(x[i]) }
  }

  public static func multiplyByELUDerivative(
    _ x: UnsafeMutablePointer<Double>, _ y: UnsafePointer<Double>, _ count: Int
  ) {
    for i in 0..<count { x[i] *= y[i] > 0 ? 1 : y[i] + 1 }
  }

  public static func sigmoid(_ x: UnsafeMutablePointer<Double>, _ count: Int) {
    for i in 0..<count { x[i] = 1 / (1 + Double.exp(-x[i])) }
  }

  public static func adamStep(
    theta: UnsafeMutablePointer<Double>, first: UnsafeMutablePointer<Double>, second: UnsafeMutablePointer<Double>,
    gradient: UnsafePointer<Double>, other: UnsafePointer<Double>?, _ count: Int, _ c: AdamConstants<Double>
  ) {
    for i in 0..<count {
      let g = gradient[i] + (other?[i] ?? 0)
      first[i] = c.beta1 * first[i] + c.share1 * g
      second[i] = c.beta2 * second[i] + c.share2 * (g * g)
      theta[i] -= c.stepSize * first[i] / (second[i].squareRoot() * c.scale + c.epsilon)
    }
  }

  public static func addRows(
    _ x: UnsafeMutablePointer<Double>, _ a: UnsafePointer<Double>, rows: Int, columns: Int, stride: Int
  ) {
    for row in 0..<rows { for column in 0..<columns { x[column] += a[row * stride + column] } }
  }

  public static func add(
    _ x: UnsafeMutablePointer<Double>, _ y: UnsafePointer<Double>, scaledBy scale: Double, _ count: Int
  ) {
    for i in 0..<count { x[i] += scale * y[i] }
  }

  public static func interpolate(
    _ x: UnsafeMutablePointer<Double>, _ y: UnsafePointer<Double>, rate: Double, _ count: Int
  ) {
    for i in 0..<count { x[i] += rate * (y[i] - x[i]) }
  }
}
