import Bullet

import Glibc

/// What Roboschool's rules read off a walker's state.
struct Posture {
  /// Per moving joint: position scaled to −1…1 between its limits, then speed × 0.1 (unlimited joints: as they are).
  /// In single precision, as the reference observes them.
  private(set) var joints: [Float]
  /// Mean x and y over the parts, and the torso's height: metres.
  let place: SIMD3<Double>
  /// Of the torso, metres.
  let torso: SIMD3<Double>
  /// Of the torso, metres per second in world axes.
  let velocity: SIMD3<Double>
  /// Of the torso: roll, pitch, yaw, radians.
  let angles: SIMD3<Double>

  init(_ state: BodyState, joints: [Joint], partCount: Int) {
    self.joints = []
    self.joints.reserveCapacity(2 * joints.count)
    for joint in joints {
      guard let positionIndex = joint.positionIndex, let velocityIndex = joint.velocityIndex else { continue }
      var position = state.positions[positionIndex]
      if joint.lowerLimit < joint.upperLimit {
        let middle = 0.5 * (joint.lowerLimit + joint.upperLimit)
        position = 2 * (position - middle) / (joint.upperLimit - joint.lowerLimit)
      }
      var speed = state.velocities[velocityIndex]
      if joint.maximumVelocity > 0 {
        speed /= joint.maximumVelocity
      } else {
        speed *= joint.kind == .revolute ? 0.1 : 0.5
      }
      self.joints += [Float(position), Float(speed)]
    }
    torso = state.basePosition
    let parts = state.linkPositions.reduce(torso, +)
    place = SIMD3(parts.x / Double(partCount), parts.y / Double(partCount), torso.z)
    velocity = state.baseVelocity
    angles = eulerAngles(state.baseOrientation)
  }

  /// Joints within 1% of their range's ends, or beyond.
  var jointsAtLimit: Int {
    stride(from: 0, to: joints.count, by: 2).reduce(0) { $0 + (abs(joints[$1]) > 0.99 ? 1 : 0) }
  }

  /// The velocity (m/s) as seen from the torso, turned by its yaw alone.
  var ownVelocity: SIMD3<Double> {
    let (sine, cosine) = (sin(-angles.z), cos(-angles.z))
    return SIMD3(cosine * velocity.x - sine * velocity.y, sine * velocity.x + cosine * velocity.y, velocity.z)
  }
}

/// Roll, pitch and yaw of a quaternion x, y, z, w, as pybullet's `getEulerFromQuaternion`, whose branches at ±90° of
/// pitch give roll 0.
private func eulerAngles(_ q: SIMD4<Double>) -> SIMD3<Double> {
  let sine = -2 * (q.x * q.z - q.w * q.y)
  if sine <= -0.99999 { return SIMD3(0, -0.5 * .pi, 2 * atan2(q.x, -q.y)) }
  if sine >= 0.99999 { return SIMD3(0, 0.5 * .pi, 2 * atan2(-q.x, q.y)) }
  let squares = q * q
  return SIMD3(
    atan2(2 * (q.y * q.z + q.w * q.x), squares.w - squares.x - squares.y + squares.z),
    asin(sine),
    atan2(2 * (q.x * q.y + q.w * q.z), squares.w + squares.x - squares.y - squares.z))
}
