import Foundation

/// This process' resident memory; 0 where the system does not tell.
func residentKilobytes() -> Int {
  guard let sizes = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
  let pages = sizes.split(separator: " ").dropFirst().first.flatMap { Int($0) }
  return (pages ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) / 1024
}
