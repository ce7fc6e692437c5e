import Agents
import LinearAlgebra
import NeuralNetworks
import Random
import Testing

@Suite struct SurfaceTests {
  /// Q = scale·Σ aᵢ, and how often it was asked for.
  private final class Plane: ActionValue {
    var scale = 1.0
    let values = Vector<Double>(count: 2)
    private(set) var (evaluations, gradients) = (0, 0)

    func begin(at observations: Matrix<Double>) {}

    func evaluate(actions: Matrix<Double>) {
      evaluations += 1
      for row in 0..<2 { values[row] = scale * actions.row(row).array.reduce(0, +) }
    }

    func actionGradient(into gradient: Matrix<Double>) {
      gradients += 1
      gradient.fill(scale)
    }
  }

  @Test func `a surface is evaluated once at the same actions, however often it is asked`() {
    let plane = Plane()
    let surface = ActionValueSurface(plane, actionSize: 2, rows: 2)
    let observations = Matrix<Double>(rows: 2, columns: 1)
    let actions = Matrix([[0.5, -0.25], [0.125, 1]])
    surface.begin(at: observations)
    for _ in 0..<3 {
      // A copy is as good: what counts are the numbers.
      surface.evaluate(actions: Matrix(actions.array))
      #expect(surface.values.array == [0.25, 1.125])
      #expect(surface.actionGradient.array == [[1, 1], [1, 1]])
    }
    #expect(plane.evaluations == 1 && plane.gradients == 1)
  }

  @Test func `it is evaluated anew where an action moved, and where new states begin`() {
    let plane = Plane()
    let surface = ActionValueSurface(plane, actionSize: 2, rows: 2)
    let observations = Matrix<Double>(rows: 2, columns: 1)
    let actions = Matrix([[0.5, -0.25], [0.125, 1]])
    surface.begin(at: observations)
    surface.evaluate(actions: actions)
    // In place, as the leapfrog moves them.
    actions[1, 1] = 0
    surface.evaluate(actions: actions)
    #expect(surface.values.array == [0.25, 0.125])
    _ = surface.actionGradient
    plane.scale = 2
    surface.begin(at: observations)
    surface.evaluate(actions: actions)
    #expect(surface.values.array == [0.5, 0.25])
    #expect(surface.actionGradient.array == [[2, 2], [2, 2]])
    #expect(plane.evaluations == 3 && plane.gradients == 2)
  }

  @Test func `NaN is not the same action`() {
    let plane = Plane()
    let surface = ActionValueSurface(plane, actionSize: 1, rows: 2)
    surface.begin(at: Matrix(rows: 2, columns: 1))
    let actions = Matrix([[Double.nan], [0]])
    surface.evaluate(actions: actions)
    surface.evaluate(actions: actions)
    #expect(plane.evaluations == 2)
  }

  @Test func `the leapfrog leaves its critics evaluated at the action that it chose`() {
    // Whoever takes y or J at a_K finds the target critics there already: one evaluation more than K would show in the counts of
    // products, and one too few in y, which PlainFormulaTests recompute.
    for critic in CriticChoice.allCases {
      let agent = makeAgent(lanes: 1) { $0.hamiltonianCritic = critic }
      agent.setCriticGradients()
      let lane = agent.lanes.all[0]
      let before = lane.surfaces.target.values.array
      lane.surfaces.target.evaluate(actions: lane.policy.action)
      #expect(lane.surfaces.target.values.array == before)
    }
  }
}
