/// A body of a ``World``: a base and the links joined to it. A description; its state stays in the world.
public struct Body: Sendable, Equatable {
  /// Bullet's number for it in its world.
  public let id: Int32
  /// Of its base link, as the model names it.
  public let baseName: String
  /// One per link other than the base, in Bullet's order: joint i leads to link i.
  public let joints: [Joint]

  /// The link of that name, if there is one.
  public func link(_ name: String) -> Int? { joints.firstIndex { $0.linkName == name } }
}

/// What joins a link to its parent.
public struct Joint: Sendable, Equatable {
  /// How its link moves; `other` is none of those that these tasks have.
  public enum Kind: Sendable { case revolute, prismatic, fixed, other }

  /// Bullet's number for it and for the link that it leads to.
  public let index: Int
  /// As the model names it.
  public let name: String
  /// Of the link that it leads to.
  public let linkName: String
  /// How its link moves.
  public let kind: Kind
  /// Where its position and velocity are in ``BodyState``; `nil` for a fixed joint.
  public let positionIndex: Int?
  /// Where its velocity is in ``BodyState/velocities``; `nil` for a fixed joint.
  public let velocityIndex: Int?
  /// Radians or metres; without limits lower ≥ upper.
  public let lowerLimit: Double
  /// Radians or metres.
  public let upperLimit: Double
  /// Radians or metres per second; 0 when the model gives none.
  public let maximumVelocity: Double
}

/// A copy of a body's state, to be filled again and again.
public struct BodyState: Sendable, Equatable {
  /// Base position x, y, z and orientation quaternion x, y, z, w, then one per moving joint: metres, radians.
  public internal(set) var positions: [Double] = []
  /// Base linear and angular velocity, both in world axes, then one per moving joint: per second.
  public internal(set) var velocities: [Double] = []
  /// The base's inertial frame as seen from its link's: position in metres, quaternion x, y, z, w.
  public internal(set) var baseInertialFrame: [Double] = []
  /// Centres of mass of the links other than the base, in world axes, metres.
  public internal(set) var linkPositions: [SIMD3<Double>] = []

  /// An empty state, for ``World/read(_:into:)`` to fill.
  public init() {}

  /// Of the base's centre of mass, metres.
  public var basePosition: SIMD3<Double> { SIMD3(positions[0], positions[1], positions[2]) }
  /// Of the base: quaternion x, y, z, w.
  public var baseOrientation: SIMD4<Double> { SIMD4(positions[3], positions[4], positions[5], positions[6]) }
  /// The frame of the base as its model has it: position in metres, quaternion x, y, z, w. Bullet itself keeps the centre of mass,
  /// in axes of inertia.
  public var baseFrame: (position: SIMD3<Double>, orientation: SIMD4<Double>) {
    let inertial = baseInertialFrame
    let orientation = product(baseOrientation, conjugate(SIMD4(inertial[3], inertial[4], inertial[5], inertial[6])))
    return (basePosition - rotated(SIMD3(inertial[0], inertial[1], inertial[2]), by: orientation), orientation)
  }
  /// Of the base's centre of mass, metres per second.
  public var baseVelocity: SIMD3<Double> { SIMD3(velocities[0], velocities[1], velocities[2]) }
}

// Unit quaternions x, y, z, w.
private func conjugate(_ q: SIMD4<Double>) -> SIMD4<Double> { SIMD4(-q.x, -q.y, -q.z, q.w) }

private func product(_ a: SIMD4<Double>, _ b: SIMD4<Double>) -> SIMD4<Double> {
  SIMD4(
    a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y, a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x,
    a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w, a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z)
}

private func rotated(_ v: SIMD3<Double>, by q: SIMD4<Double>) -> SIMD3<Double> {
  let turned = product(product(q, SIMD4(v.x, v.y, v.z, 0)), conjugate(q))
  return SIMD3(turned.x, turned.y, turned.z)
}
