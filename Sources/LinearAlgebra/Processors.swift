import CProcessor
import Glibc
import Support

/// The processors that this process may use, which on a shared machine are fewer than it has.
public enum Processors {
  /// How many threads can work at once: no more than the system lets this process run on (`taskset`, cpusets), than its control groups'
  /// quota of processor time pays for, or than Slurm gave the task. At least 1.
  public static func available() -> Int {
    available(allowed: Int(processor_count_allowed()), root: "/") { name in getenv(name).map { String(cString: $0) } }
  }

  /// - Parameters:
  ///   - allowed: processors that the system schedules this process on.
  ///   - root: the folder that holds `proc` and `sys`.
  ///   - variable: the environment's variables by name.
  package static func available(allowed: Int, root: String, variable: (String) -> String?) -> Int {
    var count = allowed
    if let quota = ControlGroups(system: root == "/" ? "" : root).processors {
      // To the nearest: of one and a half a second thread uses the half, of one and a quarter it would mostly wait.
      count = min(count, Int(quota.rounded()))
    }
    if let task = variable("SLURM_CPUS_PER_TASK").flatMap({ Int($0) }), task > 0 { count = min(count, task) }
    return max(count, 1)
  }
}
