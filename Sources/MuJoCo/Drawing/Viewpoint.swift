/// Where a model is looked at from by a camera that is none of its own.
public struct Viewpoint: Sendable, Equatable {
  /// The body whose centre of mass stays in the picture's middle; `nil`: the camera stands still.
  public var followed: String?
  /// What is in the picture's middle where no body is followed, metres.
  public var target: SIMD3<Double>
  /// From the middle to the camera, metres.
  public var distance: Double
  /// The way the camera looks, degrees: 90 is along y.
  public var azimuth: Double
  /// Degrees above the horizon that the camera looks at: −90 is straight down.
  public var elevation: Double

  /// A camera that follows a body.
  public init(following body: String, distance: Double, azimuth: Double = 90, elevation: Double) {
    self.init(followed: body, target: .zero, distance: distance, azimuth: azimuth, elevation: elevation)
  }

  /// A camera that stands still.
  public init(at target: SIMD3<Double>, distance: Double, azimuth: Double = 90, elevation: Double) {
    self.init(followed: nil, target: target, distance: distance, azimuth: azimuth, elevation: elevation)
  }

  private init(followed: String?, target: SIMD3<Double>, distance: Double, azimuth: Double, elevation: Double) {
    self.followed = followed
    self.target = target
    self.distance = distance
    self.azimuth = azimuth
    self.elevation = elevation
  }
}
