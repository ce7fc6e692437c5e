import Configuration
import Training

extension Settings {
  /// What learns the point mass in seconds.
  static func smallTask(_ algorithm: Algorithm, steps: Int) -> Settings {
    var settings = Settings(environment: "PointMass-v0", algorithm: algorithm)
    settings.steps = steps
    settings.batchSize = 64
    settings.hiddenSize = 32
    settings.warmupSteps = 500
    settings.updateAfter = 200
    settings.learningRate = 2e-3
    settings.alpha = 0.02
    settings.gamma = 0.95
    settings.threads = 1
    return settings
  }
}
