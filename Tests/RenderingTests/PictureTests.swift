import Gym
import Testing

@Suite struct PictureTests {
  @Test func `a disc covers its area, and its edge is smooth`() {
    var picture = Picture(width: 64, height: 48)
    picture.drawLine(from: [30, 20], to: [30, 20], radius: 10, color: [255, 255, 255])
    #expect(picture[30, 20] == [255, 255, 255])
    #expect(picture[41, 20] == [0, 0, 0] && picture[30, 31] == [0, 0, 0])
    let coverage = picture.bytes.reduce(0.0) { $0 + Double($1) } / (3 * 255)
    #expect(abs(coverage - .pi * 100) < 3)
    #expect(picture.bytes.contains { $0 > 0 && $0 < 255 })
  }

  @Test func `a line goes from one end to the other`() {
    var picture = Picture(width: 40, height: 40)
    picture.drawLine(from: [5.5, 5.5], to: [30.5, 30.5], radius: 1, color: [10, 200, 30])
    #expect(picture[5, 5] == [10, 200, 30] && picture[18, 18] == [10, 200, 30] && picture[30, 30] == [10, 200, 30])
    #expect(picture[30, 5] == [0, 0, 0] && picture[34, 34] == [0, 0, 0])
  }

  @Test func `what lies outside of a picture is left out`() {
    var picture = Picture(width: 10, height: 10)
    picture.drawLine(from: [-50, -50], to: [-20, -20], radius: 5, color: [1, 1, 1])
    picture.drawLine(from: [500, 5], to: [600, 5], radius: 5, color: [1, 1, 1])
    #expect(picture == Picture(width: 10, height: 10))
    picture.drawLine(from: [-5, 5], to: [50, 5], radius: 100, color: [7, 8, 9])
    picture.fillRectangle(x: -3..<2, y: 8..<30, color: [1, 2, 3])
    #expect(picture[5, 5] == [7, 8, 9] && picture[1, 9] == [1, 2, 3] && picture[2, 9] == [7, 8, 9])
  }
}
