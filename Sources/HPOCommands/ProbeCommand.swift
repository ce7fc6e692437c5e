import ArgumentParser
import Interchange

struct ProbeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe", abstract: "Every number of one update on a given batch; nothing is stepped.")

  @Option(help: "A checkpoint.h5, or any file with its /networks.")
  var checkpoint: String

  @Option(help: "HDF5 file with the batch and the noise that an update would draw.")
  var batch: String

  @Option(help: "HDF5 file to write.")
  var output: String

  func run() throws {
    try reportingFailures {
      try Probe.run(
        checkpoint: checkpoint, batch: batch, output: output, algorithms: Program.current.algorithms)
    }
  }
}
