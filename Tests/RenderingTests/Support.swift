import Environments
import Filming
import Foundation
import Gym
import MuJoCo
import Random
import Rendering
import Testing

/// Whether this machine draws without a display; where it does not, tests of pictures say so and are left out.
let canDraw: Bool = {
  guard let task = try? EnvironmentCatalog.make("Hopper") else { return false }
  return (try? makeRenderer(of: task, width: 16, height: 16)) != nil
}()

let cannotDraw: Comment = "EGL with a renderer is needed: apt-get install libegl1 libgl1-mesa-dri"

/// A picture of an environment as it is.
func picture(of environment: any Environment, size: Int = 240, camera: String? = nil) throws -> Picture {
  let renderer = try makeRenderer(of: environment, width: size, height: size, camera: camera)
  var picture = Picture(width: size, height: size)
  try renderer.draw(into: &picture, caption: nil)
  return picture
}

extension Picture {
  /// Means over squares of pixels, [cells × cells, 3]: what is left of a picture when edges and noise no longer count.
  func cells(_ count: Int) -> [SIMD3<Double>] {
    let (cellWidth, cellHeight) = (width / count, height / count)
    return (0..<count * count).map { cell in
      var sum = SIMD3<Double>.zero
      for y in 0..<cellHeight {
        for x in 0..<cellWidth { sum += SIMD3<Double>(self[cell % count * cellWidth + x, cell / count * cellHeight + y]) }
      }
      return sum / Double(cellWidth * cellHeight)
    }
  }

  /// How many of 48 × 48 cells differ visibly: by more than 24 of 255 in some channel.
  func difference(from other: Picture) -> Int {
    zip(cells(48), other.cells(48)).count { left, right in
      let apart = left - right
      return max(abs(apart.x), abs(apart.y), abs(apart.z)) > 24
    }
  }
}

/// A mass on a spring that draws itself.
final class DrawnSpring: DrawableEnvironment {
  let specification = EnvironmentSpecification(id: "DrawnSpring-v0", observationSize: 2, actionSize: 1, timeLimit: 20)
  let controlPeriod = 0.05
  private(set) var observation = [0.0, 0.0]

  func reset<Generator: RandomNumberGenerator>(using generator: inout Generator) {
    observation = [Double.random(in: 0.5...1, using: &generator), 0]
  }

  func step(_ action: [Float]) -> Step {
    observation[1] -= 0.5 * observation[0]
    observation[0] += 0.5 * observation[1]
    return Step(reward: -observation[0] * observation[0])
  }

  func draw(into picture: inout Picture) {
    picture.fill([255, 255, 255])
    let middle = SIMD2(Double(picture.width) / 2, Double(picture.height) / 2)
    let mass = middle + SIMD2(middle.x / 2 * observation[0], 0)
    picture.drawLine(from: SIMD2(0, middle.y), to: mass, radius: 2, color: [120, 120, 120])
    picture.drawLine(from: mass, to: mass, radius: middle.y / 8, color: [200, 40, 40])
  }
}

/// Neither has a pose nor draws itself.
final class Invisible: Environment {
  let specification = EnvironmentSpecification(id: "Invisible-v0", observationSize: 1, actionSize: 1, timeLimit: 5)
  let observation = [0.0]
  func reset<Generator: RandomNumberGenerator>(using generator: inout Generator) {}
  func step(_ action: [Float]) -> Step { Step(reward: 0) }
}
