import CMuJoCo
import CMuJoCoGuard

extension Model {
  /// SHA-256 of the compiled model's binary form, 64 hexadecimal digits: two models with the same one are the same to the simulator,
  /// wherever their files are and however these are written. Another version of MuJoCo compiles another form.
  /// - Throws: ``MuJoCoError/callFailed(function:model:reason:)``.
  public func contentHash() throws(MuJoCoError) -> String {
    let size = Int(mj_sizeModel(pointer))
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
    defer { bytes.deallocate() }
    // Padding that MuJoCo does not write must not differ.
    bytes.initializeMemory(as: UInt8.self, repeating: 0)
    guard mujoco_guard_save(pointer, bytes.baseAddress, size) else {
      throw .callFailed(function: "mj_saveModel", model: path, reason: ErrorGuard.message)
    }
    return SHA256.hexDigest(of: UnsafeRawBufferPointer(bytes))
  }
}
