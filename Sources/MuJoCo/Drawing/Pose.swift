/// Where everything is at one moment, as far as it can be seen.
public struct Pose: Sendable, Equatable {
  /// qpos [nq]: metres, radians, unit quaternions.
  public var positions: [Double]
  /// What is to be seen besides the model's own bodies.
  public var markers: [Marker]

  /// - Parameter positions: one per coordinate of the model that is drawn.
  public init(positions: [Double], markers: [Marker] = []) {
    self.positions = positions
    self.markers = markers
  }

  /// A thing that the drawn model has not got.
  public struct Marker: Sendable, Equatable {
    /// Metres; a box by half of its edges.
    public enum Shape: Sendable, Equatable {
      case sphere(radius: Double)
      case box(halfSize: SIMD3<Double>)
    }

    public var shape: Shape
    /// Of its middle, metres.
    public var position: SIMD3<Double>
    /// Unit quaternion x, y, z, w.
    public var orientation: SIMD4<Double>
    /// Red, green, blue and opacity, 0…1.
    public var color: SIMD4<Float>

    /// Upright unless told otherwise.
    public init(
      _ shape: Shape, at position: SIMD3<Double>, orientation: SIMD4<Double> = [0, 0, 0, 1], color: SIMD4<Float>
    ) {
      self.shape = shape
      self.position = position
      self.orientation = orientation
      self.color = color
    }
  }
}
