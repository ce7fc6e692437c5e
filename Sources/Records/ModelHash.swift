import Gym
import HDF5

extension HDF5File {
  /// Says which model the environment was made of, by its content: the attribute `model_hash`.
  package func setModelHash(_ hash: ModelHash?) throws {
    if let hash { try setAttribute("model_hash", hash.value()) }
  }

  /// Nil in files of environments without a model, or of programs that did not say.
  package func modelHash() throws -> String? {
    try attributeExists("model_hash") ? attribute("model_hash") : nil
  }
}
