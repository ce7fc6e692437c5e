import Gym

import Glibc

extension Pendulum: DrawableEnvironment {
  /// As Gymnasium draws it: a red rod of a metre about a black axle, in a square of 4.4 m.
  public func draw(into picture: inout Picture) {
    picture.fill([255, 255, 255])
    let meter = Double(min(picture.width, picture.height)) / 4.4
    let axle = SIMD2(Double(picture.width), Double(picture.height)) / 2
    // Upright at 0 and counter-clockwise; a picture's y points down.
    let tip = axle - meter * SIMD2(sin(qpos[0]), cos(qpos[0]))
    picture.drawLine(from: axle, to: tip, radius: 0.1 * meter, color: [204, 77, 77])
    picture.drawLine(from: axle, to: axle, radius: 0.05 * meter, color: [0, 0, 0])
  }
}
