import Filming
import Gym
import Random

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

func filmSpring(to path: String) throws {
  let spring = Spring()
  let brake = Performer(name: "brake") { state in [Float(min(max(-state[0] - 2 * state[1], -1), 1))] }
  let performance = Performance(of: brake, in: spring, startsFrom: SeededGenerator(seed: 0))
  let renderer = try SelfPortrait(of: spring)
  try Film(path: path, width: 480, height: 240).write(framePeriod: renderer.controlPeriod) { append in
    try performance.record(1, with: renderer, width: 480, height: 240, append: append)
  }
}
