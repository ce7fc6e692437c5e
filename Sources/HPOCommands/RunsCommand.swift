import ArgumentParser
import Experiments
import Foundation

struct RunsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "List the runs below a folder, those at work too.")

  @Argument(help: "Folder of runs, or one run.", completion: .directory)
  var folder = "runs"

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
      throw ValidationError("there is no folder '\(folder)'; name the one that runs are in, as --out does")
    }
  }

  func run() throws {
    try reportingFailures {
      let records = RunRecord.all(below: folder)
      if json { return try sayJSON(records) }
      if records.isEmpty { return print("no runs below '\(folder)'") }
      for line in RunTable.lines(records, width: Terminal.size?.columns) { print(line) }
      for record in records where record.state == .damaged { report("'\(record.path)': \(record.problem ?? "damaged")") }
    }
  }
}
