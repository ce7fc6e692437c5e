import Gym

/// For `spring video` and `spring watch`: the mass at the end of its spring, from −3 to 3.
extension Spring: DrawableEnvironment {
  var controlPeriod: Double { 0.05 }  // seconds

  func draw(into picture: inout Picture) {
    picture.fill([255, 255, 255])
    let middle = SIMD2(Double(picture.width), Double(picture.height)) / 2
    let mass = SIMD2(middle.x * (1 + observation[0] / 3), middle.y)
    picture.drawLine(from: SIMD2(0, middle.y), to: mass, radius: 2, color: [120, 120, 120])
    picture.drawLine(from: mass, to: mass, radius: middle.y / 8, color: [200, 40, 40])
  }
}
