import Foundation

/// This process' resident memory; 0 where the system does not tell.
func residentKilobytes() -> Int {
  guard let pages = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ").dropFirst().first
  else { return 0 }
  return (Int(pages) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) / 1024
}
