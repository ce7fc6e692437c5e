/// What values an agent's settings may have, in settings files and in checkpoints alike.
enum SettingRanges {
  static let batchSize = 1...65_536
  static let hiddenSize = 1...4096
  static let policyHiddenLayers = 1...16
  static let leapfrogSteps = 1...1000
  static let flows = 1...1000
  /// Discounts and rates of averages.
  static let share = 0.0...1.0
  static let positive = Double.leastNonzeroMagnitude...Double.greatestFiniteMagnitude
}
