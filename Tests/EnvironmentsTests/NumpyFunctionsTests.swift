import Environments
import Testing

/// Where numpy's result is not what the obvious formula rounds to.
@Suite struct NumpyFunctionsTests {
  @Test func `a numpy scalar's square is the C library's power, not the product`() {
    #expect(squared(-1.3275170599102342) == 1.7623015443527124)
    #expect(squared(-1.849539948621794) == 3.420798021547909)
    #expect(squared(Float(0.09766702)) == 0.009538848)
    #expect(squared(Float(-1.182634)) == 1.3986231)
  }

  @Test func `squares of what is no number stay that`() {
    #expect(squared(Double.nan).isNaN)
    #expect(squared(-Double.infinity) == .infinity)
  }
}
