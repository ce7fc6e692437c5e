import CKernels
import LinearAlgebra
import Random
import Testing

@Suite struct KernelTests {
  @Test func `the fastest kernel is taken unless a name asks for another`() throws {
    #expect(try Kernel.chosen(by: nil) == Kernel.available.first)
    #expect(try Kernel.chosen(by: "") == Kernel.available.first)
    for kernel in Kernel.available { #expect(try Kernel.chosen(by: kernel.rawValue) == kernel) }
    #expect(Kernel.available.last == .blas)
  }

  @Test func `a name of no kernel, or of one that the machine has not, is refused with the list of those it has`() {
    let list = Kernel.available.map(\.rawValue).joined(separator: ", ")
    #expect(throws: KernelError.unknown("avx3")) { try Kernel.chosen(by: "avx3") }
    #expect(
      "\(KernelError.unknown("avx3"))"
        == "HPO_KERNEL names no kernel: 'avx3'. This machine has \(list); without the variable the first is taken.")
    for kernel in Kernel.allCases where !Kernel.available.contains(kernel) {
      #expect(throws: KernelError.missing(kernel)) { try Kernel.chosen(by: kernel.rawValue) }
      #expect(
        "\(KernelError.missing(kernel))"
          == "HPO_KERNEL asks for '\(kernel.rawValue)', which this machine cannot run. It has \(list).")
    }
  }

  @Test(arguments: Kernel.available)
  func `a kernel's peak is measured where it multiplies and adds in one instruction`(_ kernel: Kernel) {
    let peak = kernel.multiplyAddRate(on: WorkerPool(threads: 1), repetitions: 1)
    #expect((peak == nil) == (kernel == .blas))
    if let peak { #expect(peak > 1e8 && peak < 1e13) }
  }

  /// Whole registers of every width, and every remainder.
  static let counts = Array(0...40) + [255, 256, 257]

  @Test(arguments: Kernel.available)
  func `every kernel's loops over rows leave the bits that any machine's do`(_ kernel: Kernel) {
    var generator = SeededGenerator(seed: 3)
    func numbers(_ count: Int) -> [Float] {
      // Zeros of both signs, NaN and the ends among them.
      let special: [Float] = [0, -0.0, .nan, .infinity, -.infinity, 1e-40, 89.5, -105]
      return (0..<count).map { _ in
        generator.next() % 8 == 0 ? special[Int(generator.next() % 8)] : Float(generator.uniform(-3, 3))
      }
    }
    let (mine, reference) = (kernel.table.pointee, Kernel.blas.table.pointee)
    var wrong: [String] = []
    func compare(_ name: String, _ count: Int, _ run: (kernel_table, UnsafeMutablePointer<Float>) -> Void) {
      // What lies beyond the row stays.
      let x = numbers(count) + [7, 7, 7]
      let found = changed(x) { pointer, _ in run(mine, pointer) }, expected = changed(x) { pointer, _ in run(reference, pointer) }
      let isSame = zip(found, expected).allSatisfy { $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN }
      if !isSame || found.suffix(3) != [7, 7, 7] { wrong.append("\(name) of \(count)") }
    }
    for count in Self.counts {
      let y = numbers(count), w = numbers(count), rows = numbers(5 * (count + 2))
      let positive = (0..<count).map { _ in Float(generator.uniform(0, 2)) }
      compare("rectify", count) { $0.rectify($1, count) }
      compare("keep where positive", count) { $0.keep_where_positive($1, y, count) }
      compare("copy where positive", count) { $0.copy_where_positive($1, w, y, count) }
      compare("exponential", count) { $0.exponential($1, count) }
      compare("ELU", count) { $0.elu($1, count) }
      compare("ELU's derivative", count) { $0.multiply_by_elu_derivative($1, y, count) }
      compare("sigmoid", count) { $0.sigmoid($1, count) }
      compare("rows", count) { $0.add_rows($1, rows, 5, count, count + 2) }
      compare("scaled sum", count) { $0.add_scaled($1, y, 0.3, count) }
      compare("average", count) { $0.interpolate($1, y, 0.005, count) }
      compare("cosine", count) { table, x in
        var sines = y
        for index in 0..<count { x[index] = positive[index] / 2 }
        table.cosine_and_sine(x, &sines, count)
        for index in 0..<count { x[index] += 2 * sines[index] }
      }
      for other in [nil, w] {
        compare("Adam", count) { table, x in
          var (first, second) = (y, positive)
          var constants = kernel_adam(
            beta1: 0.9, beta2: 0.999, share1: 0.1, share2: 0.001, step_size: 0.01, scale: 1.5, epsilon: 1e-8)
          table.adam_step(x, &first, &second, rows, other, count, &constants)
          for index in 0..<count { x[index] += first[index] + 2 * second[index] }
        }
      }
    }
    compare("normal numbers", 32) { table, x in
      for index in 0..<32 { x[index] = Float(index + 1) / 33 }
      table.make_normal(x)
    }
    #expect(wrong.isEmpty, "\(wrong.count) differ, the first: \(wrong.first ?? "")")
  }
}
