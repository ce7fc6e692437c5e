import CGraphicsDeclarations
import Testing

@Suite struct DeclarationTests {
  // What set-up installs has GLFW's header; the comparison itself is the compiler's.
  @Test func `the functions of GLFW are declared as its own header has them`() {
    #expect(glfw_declarations_were_compared())
  }
}
